#include "sqlite/value_binder.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "sqlite/moment_text.h"
#include "sqlite/number_text.h"

namespace osiris::sqlite {

namespace {

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The whole number of a text like "12" or "12.00"; nothing for a fraction or too many digits.
Fit parse_whole(std::string_view text, std::int64_t& value) {
  const auto digits = count_digits(text);
  if (!digits) return Fit::kMalformed;
  if (digits->fraction > 0) return Fit::kOutOfRange;
  const std::string whole = with_scale(text, 0);
  return parse_native(whole, {TypeId::kInt64}, &value) == Parsed::kExact ? Fit::kFits : Fit::kOutOfRange;
}

/// Whether a double says every digit of a number's text.
bool gives_back(double value, const DigitCount& digits, std::string_view text, int kept_digits) {
  if (digits.significant <= kept_digits) return true;
  const std::string back = plain_text(value);
  const auto own = count_digits(back);
  if (!own || own->whole != digits.whole || own->fraction != digits.fraction) return false;
  return with_scale(back, digits.fraction) == with_scale(text, digits.fraction);
}

/// What SQLite takes for a number: blanks around it, a sign, digits, a point, an exponent.
bool looks_like_number(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double ignored = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), ignored);
  const bool is_word = text.find_first_of("iInN") != std::string_view::npos;  // inf and nan are texts
  return !is_word && problem != std::errc::invalid_argument && end == text.data() + text.size();
}

template <typename T>
std::int64_t widened(const ColumnView& column, std::size_t row) {
  return static_cast<std::int64_t>(column.as<T>()[row]);
}

/// Of the integer types that 64 bits hold, in native encoding.
std::optional<std::int64_t> small_integer(const ColumnView& column, std::size_t row, const ColumnType& type) {
  if (type.encoding != Encoding::kNative) return std::nullopt;
  switch (type.type.id) {
    case TypeId::kBoolean:
      return column.as<std::uint8_t>()[row] != 0 ? 1 : 0;
    case TypeId::kInt8:
      return widened<std::int8_t>(column, row);
    case TypeId::kInt16:
      return widened<std::int16_t>(column, row);
    case TypeId::kInt32:
      return widened<std::int32_t>(column, row);
    case TypeId::kInt64:
      return widened<std::int64_t>(column, row);
    case TypeId::kUint8:
      return widened<std::uint8_t>(column, row);
    case TypeId::kUint16:
      return widened<std::uint16_t>(column, row);
    case TypeId::kUint32:
      return widened<std::uint32_t>(column, row);
    default:
      return std::nullopt;
  }
}

}  // namespace

ValueBinder::ValueBinder(const ColumnType& source, const MatchedColumn& match, int parameter)
    : source_(match.source),
      type_(source),
      target_(match.target),
      form_(passage_of(source, match.target).form),
      parameter_(parameter),
      becomes_number_(affinity_of(match.target) != Affinity::kNone &&
                      affinity_of(match.target) != Affinity::kText),
      printed_{} {
  // What SQLite keeps is the value, not how its source prints it.
  type_.style = {};
}

Fit ValueBinder::bind(const ColumnView& column, std::size_t row, sqlite3_stmt* statement) {
  if (!column.is_valid(row)) {
    sqlite3_bind_null(statement, parameter_);
    return target_.is_nullable ? Fit::kFits : Fit::kNull;
  }
  switch (form_) {
    case Form::kInteger:
      return bind_integer(column, row, statement);
    case Form::kReal:
    case Form::kSingle:
      return bind_real(column, row, statement);
    case Form::kDecimal:
      return bind_decimal(text_of(column, row), statement);
    case Form::kParsed:
      return bind_parsed(text_of(column, row), statement);
    case Form::kUtc:
      made_ = text_of(column, row);
      if (type_.type.id == TypeId::kDate) made_ += " 00:00:00";
      made_ += "+00:00";
      return bind_parsed(made_, statement);
    case Form::kBytes: {
      const std::string_view bytes = column.text(row);
      sqlite3_bind_blob64(statement, parameter_, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                          SQLITE_STATIC);
      return Fit::kFits;
    }
    case Form::kText:
    case Form::kWords:
    case Form::kJson:
      break;
  }
  const std::string_view text = text_of(column, row);
  if (type_.type.id == TypeId::kBytes && !is_valid_utf8(text)) return Fit::kNotUtf8;
  if (form_ == Form::kWords && looks_like_number(text)) return Fit::kMalformed;
  if (form_ == Form::kJson && !Json::accept(text)) return Fit::kMalformed;
  if (form_ == Form::kJson && becomes_number_ && looks_like_number(text)) return Fit::kMalformed;
  bind_text(text, statement);
  return Fit::kFits;
}

std::string_view ValueBinder::text_of(const ColumnView& column, std::size_t row) {
  if (type_.encoding == Encoding::kText || is_string(type_.type)) return column.text(row);
  const char* const end = print_native(printed_.data(), column, row, type_);
  return {printed_.data(), static_cast<std::size_t>(end - printed_.data())};
}

void ValueBinder::bind_text(std::string_view text, sqlite3_stmt* statement) const {
  sqlite3_bind_text64(statement, parameter_, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

Fit ValueBinder::bind_integer(const ColumnView& column, std::size_t row, sqlite3_stmt* statement) {
  std::int64_t value = 0;
  if (const auto small = small_integer(column, row, type_)) {
    value = *small;
  } else {
    std::string_view text = text_of(column, row);
    if (type_.type.id == TypeId::kFloat || type_.type.id == TypeId::kDouble) {
      const auto number = parse_double(text);
      if (!number || !std::isfinite(*number)) return Fit::kOutOfRange;
      made_ = plain_text(*number);
      text = made_;
    }
    if (target_.type.id == TypeId::kBoolean && (text == "true" || text == "false")) {
      value = text == "true" ? 1 : 0;
    } else if (const Fit fit = parse_whole(text, value); fit != Fit::kFits) {
      return fit;
    }
  }
  if (target_.type.id == TypeId::kBoolean && value != 0 && value != 1) return Fit::kOutOfRange;
  sqlite3_bind_int64(statement, parameter_, value);
  return Fit::kFits;
}

Fit ValueBinder::bind_real(const ColumnView& column, std::size_t row, sqlite3_stmt* statement) {
  constexpr int kSingleDigits = 6;
  double value = 0;
  const bool is_native = type_.encoding == Encoding::kNative;
  if (is_native && type_.type.id == TypeId::kDouble) {
    value = column.as<double>()[row];
  } else if (is_native && type_.type.id == TypeId::kFloat) {
    value = column.as<float>()[row];
  } else {
    const std::string_view text = text_of(column, row);
    const auto number = parse_double(text);
    if (!number) return Fit::kMalformed;
    value = *number;
    const auto digits = count_digits(text);
    const bool is_floating = type_.type.id == TypeId::kDouble || type_.type.id == TypeId::kFloat;
    const int kept = form_ == Form::kSingle ? kSingleDigits : kRealDigits;
    if (!is_floating && digits && !gives_back(value, *digits, text, kept)) return Fit::kOutOfRange;
    if (form_ == Form::kSingle) value = static_cast<double>(static_cast<float>(value));
  }
  if (std::isnan(value)) return Fit::kOutOfRange;
  if (form_ == Form::kSingle && static_cast<double>(static_cast<float>(value)) != value)
    return Fit::kOutOfRange;
  sqlite3_bind_double(statement, parameter_, value);
  return Fit::kFits;
}

Fit ValueBinder::bind_decimal(std::string_view text, sqlite3_stmt* statement) {
  if (type_.type.id == TypeId::kFloat || type_.type.id == TypeId::kDouble) {
    const auto number = parse_double(text);
    if (!number || !std::isfinite(*number)) return Fit::kOutOfRange;
    made_ = plain_text(*number);
    text = made_;
  }
  const auto digits = count_digits(text);
  if (!digits) return Fit::kMalformed;
  const LogicalType& wanted = target_.type;
  if (wanted.id == TypeId::kDecimal &&
      (digits->whole > wanted.precision - wanted.scale || digits->fraction > wanted.scale)) {
    return Fit::kOutOfRange;
  }
  if (becomes_number_)
    return digits->significant <= kRealDigits ? bind_number(text, statement) : Fit::kOutOfRange;
  made_ = with_scale(text, wanted.scale);
  bind_text(made_, statement);
  return Fit::kFits;
}

/// As the number that the affinity would make of it, so that SQLite has nothing to convert.
Fit ValueBinder::bind_number(std::string_view plain, sqlite3_stmt* statement) const {
  std::int64_t whole = 0;
  if (parse_whole(plain, whole) == Fit::kFits) {
    sqlite3_bind_int64(statement, parameter_, whole);
    return Fit::kFits;
  }
  const auto value = parse_double(plain);
  if (!value) return Fit::kMalformed;
  sqlite3_bind_double(statement, parameter_, *value);
  return Fit::kFits;
}

Fit ValueBinder::bind_parsed(std::string_view text, sqlite3_stmt* statement) {
  std::array<std::byte, sizeof(Hugeint)> value{};
  const bool drops_zone = type_.type.id == TypeId::kTimestampTz && target_.type.id == TypeId::kTimestamp;
  const bool is_day = target_.type.id == TypeId::kTimestamp && text.size() == kDayLength;
  const std::string whole = is_day ? cat(text, " 00:00:00") : std::string(text);
  const Parsed parsed = parse_native(whole, drops_zone ? type_.type : target_.type, value.data());
  if (parsed == Parsed::kOutOfRange) return Fit::kOutOfRange;
  if (parsed == Parsed::kMalformed) {
    return type_.type.id == TypeId::kText ? Fit::kMalformed : Fit::kOutOfRange;
  }
  if (drops_zone) {
    ColumnType plain;
    plain.type.id = TypeId::kTimestamp;
    made_.clear();
    append_value_text(made_, {nullptr, value.data()}, 0, plain);
    text = made_;
  }
  bind_text(text, statement);
  return Fit::kFits;
}

Error ValueBinder::misfit(Fit fit, const ColumnView& column, std::size_t row) const {
  constexpr std::size_t kMostShown = 80;
  struct Words {
    const char* code;
    std::string what;
    const char* hint;
  };
  const auto words = [&]() -> Words {
    switch (fit) {
      case Fit::kNull:
        return {"value.null", "a null for a column that takes none",
                "replace nulls in the query, or let the column be null"};
      case Fit::kNotUtf8:
        return {"value.invalid_utf8", "not UTF-8", "give the table's column the type BLOB"};
      case Fit::kOutOfRange:
        return {"value.out_of_range", cat("beyond what ", target_.declared, " holds exactly"),
                "give the table's column a larger type, or round the value in the query"};
      default:
        return {"value.malformed", cat("not a value that ", target_.declared, " keeps as it is"),
                "correct the value at its source, or give the column another type"};
    }
  }();
  std::string shown;
  if (fit != Fit::kNull && fit != Fit::kNotUtf8 && type_.type.id != TypeId::kBytes) {
    append_value_text(shown, column, row, type_);
    shown = shown.size() <= kMostShown && is_valid_utf8(shown) ? cat(": '", shown, "'") : "";
  }
  return {ErrorKind::kData, words.code,
          cat("column '", target_.name, "' gets ", fit == Fit::kNull ? "" : "a value that is ", words.what,
              shown),
          words.hint};
}

}  // namespace osiris::sqlite
