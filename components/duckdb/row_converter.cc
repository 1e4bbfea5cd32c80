#include "duckdb/row_converter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris::duckdb {

namespace {

constexpr std::size_t kDayLength = 10;  // 2024-02-29

ColumnType fed_column(std::string name, LogicalType type) {
  ColumnType column;
  column.name = std::move(name);
  column.type = type;
  return column;
}

bool is_integer(TypeId id) { return id >= TypeId::kInt8 && id <= TypeId::kHugeint; }

std::string plain_text(double value) {
  std::array<char, kMaxPrintedBytes> text;
  return {text.data(),
          std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr};
}

/// The digits of a number without its sign, point, and the zeros that change nothing.
std::string digits_of(std::string_view text) {
  std::string digits;
  const std::size_t exponent = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, exponent);
  if (mantissa.find('.') != std::string_view::npos) {
    mantissa = mantissa.substr(0, mantissa.find_last_not_of('0') + 1);
  }
  for (const char c : mantissa) {
    const bool is_leading_zero = c == '0' && digits.empty();
    if (c >= '0' && c <= '9' && !is_leading_zero) digits += c;
  }
  return digits.substr(0, digits.find_last_not_of('0') + 1);
}

/// Whether the nearest double, or float, says every digit that the text has.
template <typename T>
bool gives_back(T value, std::string_view text) {
  std::array<char, 64> printed;
  const char* const end = std::to_chars(printed.data(), printed.data() + printed.size(), value).ptr;
  const std::string given = digits_of(text);
  if (given.size() <= static_cast<std::size_t>(std::numeric_limits<T>::digits10)) return true;
  return digits_of({printed.data(), static_cast<std::size_t>(end - printed.data())}) == given;
}

/// "12" of "12.00", where an integer is wanted.
std::string_view without_zero_fraction(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || point == 0) return text;
  const bool is_whole = text.find_first_not_of('0', point + 1) == std::string_view::npos;
  return is_whole ? text.substr(0, point) : text;
}

Fit fit_of(Parsed parsed) {
  if (parsed == Parsed::kExact) return Fit::kFits;
  return parsed == Parsed::kMalformed ? Fit::kMalformed : Fit::kOutOfRange;
}

}  // namespace

/// What keeps the columns of a converted batch alive.
struct RowConverter::Storage {
  std::optional<Batch> source;
  std::deque<std::vector<char>> values;
  std::deque<std::string> texts;
};

RowConverter::RowConverter(const Schema& schema, const TableMatch& match,
                           std::optional<std::uint64_t> first_staged_row)
    : next_staged_row_(first_staged_row) {
  for (const MatchedColumn& matched : match.columns) {
    const ColumnType& source = schema[matched.source];
    const Form form = passage_of(source, matched.target).form;
    Column& column = columns_.emplace_back(Column{matched.source, source, matched.target, form});
    column.type.style = {};  // what is kept is the value, not how its source prints it
    const LogicalType fed = form == Form::kCast ? LogicalType{TypeId::kText} : matched.target.type;
    schema_.push_back(fed_column(cat("c", schema_.size()), fed));
  }
  schema_.push_back(fed_column(std::string(kStagedRowColumn), {TypeId::kInt64}));
  schema_.push_back(fed_column("_osiris_keep", {TypeId::kBoolean}));
}

Batch RowConverter::convert(const Batch& batch, std::size_t begin, std::size_t end, RowPolicy& policy) {
  auto storage = std::make_shared<Storage>();
  storage->source = batch;
  std::vector<std::uint8_t> keeps(batch.row_count());
  std::fill(keeps.begin() + static_cast<std::ptrdiff_t>(begin),
            keeps.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{1});
  std::vector<ColumnView> views;
  for (const Column& column : columns_) views.push_back(converted(column, batch, keeps, *storage, policy));

  std::vector<char>& numbers = storage->values.emplace_back(batch.row_count() * sizeof(std::int64_t));
  for (std::size_t row = 0; row < batch.row_count() && next_staged_row_; ++row) {
    const auto number = static_cast<std::int64_t>(*next_staged_row_);
    std::memcpy(numbers.data() + row * sizeof number, &number, sizeof number);
    *next_staged_row_ += keeps[row];
  }
  views.push_back({nullptr, numbers.data()});
  const std::vector<char>& kept = storage->values.emplace_back(keeps.begin(), keeps.end());
  views.push_back({nullptr, kept.data()});
  return Batch(std::move(storage), std::move(views), batch.row_count(), batch.byte_count());
}

ColumnView RowConverter::converted(const Column& column, const Batch& batch, std::vector<std::uint8_t>& keeps,
                                   Storage& storage, RowPolicy& policy) const {
  const ColumnView& view = batch.column(column.source);
  const bool is_text = column.form == Form::kText || column.form == Form::kCast;
  const bool is_same = column.form == Form::kSame;
  const std::size_t width = is_text ? sizeof(StringRef) : is_same ? 0 : native_width(column.target.type);
  std::vector<char>& values = storage.values.emplace_back(batch.row_count() * width);
  std::string printed;
  for (std::size_t row = 0; row < batch.row_count(); ++row) {
    if (keeps[row] == 0) continue;
    Fit fit = Fit::kFits;
    if (!view.is_valid(row)) {
      if (!column.target.is_nullable) fit = Fit::kNull;
    } else if (!is_same) {
      printed.clear();
      append_value_text(printed, view, row, column.type);
      fit = convert_value(column, printed, values.data() + row * width, storage);
    }
    if (fit == Fit::kFits) continue;
    keeps[row] = 0;
    policy.refuse(batch, row, column.source, misfit(column, fit, view, row));
  }
  return is_same ? view : ColumnView{view.validity, values.data()};
}

Fit RowConverter::convert_value(const Column& column, std::string_view text, char* value,
                                Storage& storage) const {
  const TypeId from = column.type.type.id;
  const LogicalType& into = column.target.type;
  if (column.form == Form::kText || column.form == Form::kCast) {
    if (from == TypeId::kBytes && into.id != TypeId::kBytes && !is_valid_utf8(text)) return Fit::kNotUtf8;
    if (into.id == TypeId::kJson && !Json::accept(text)) return Fit::kMalformed;
    const StringRef kept(storage.texts.emplace_back(text));
    std::memcpy(value, &kept, sizeof kept);
    return Fit::kFits;
  }
  std::string made;
  if (from == TypeId::kBoolean && into.id != TypeId::kBoolean) {
    text = text == "true" ? "1" : "0";
  } else if (is_floating(from) && (is_integer(into.id) || into.id == TypeId::kDecimal)) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (!std::isfinite(number)) return Fit::kOutOfRange;
    made = plain_text(number);
    text = made;
  } else if (from == TypeId::kDate && into.id != TypeId::kDate) {
    made = cat(text, " 00:00:00");
    text = made;
  } else if (from == TypeId::kText && into.id == TypeId::kTimestamp && text.size() == kDayLength) {
    made = cat(text, " 00:00:00");
    text = made;
  }
  if (from == TypeId::kTimestampTz && into.id == TypeId::kTimestamp) {
    return fit_of(parse_native(text, {TypeId::kTimestampTz}, value));
  }
  if (is_integer(into.id)) text = without_zero_fraction(text);
  if (const Fit fit = fit_of(parse_native(text, into, value)); fit != Fit::kFits) {
    // A value that was one of its own type is no spelling mistake.
    return fit == Fit::kMalformed && from != TypeId::kText ? Fit::kOutOfRange : fit;
  }
  if (!is_floating(into.id)) return Fit::kFits;
  if (into.id == TypeId::kFloat) {
    float single = 0;
    std::memcpy(&single, value, sizeof single);
    return !std::isfinite(single) || gives_back(single, text) ? Fit::kFits : Fit::kOutOfRange;
  }
  double number = 0;
  std::memcpy(&number, value, sizeof number);
  return is_floating(from) || !std::isfinite(number) || gives_back(number, text) ? Fit::kFits
                                                                                 : Fit::kOutOfRange;
}

Error RowConverter::misfit(const Column& column, Fit fit, const ColumnView& view, std::size_t row) const {
  constexpr std::size_t kMostShown = 80;
  struct Words {
    const char* code;
    std::string what;
    const char* hint;
  };
  const std::string& declared = column.target.declared;
  const auto words = [&]() -> Words {
    switch (fit) {
      case Fit::kNull:
        return {"value.null", "a null for a column that takes none",
                "replace nulls in the query, or let the column be null"};
      case Fit::kNotUtf8:
        return {"value.invalid_utf8", "not UTF-8", "give the table's column the type BLOB"};
      case Fit::kOutOfRange:
        return {"value.out_of_range", cat("beyond what ", declared, " holds exactly"),
                "give the table's column a larger type, or round the value in the query"};
      default:
        return {"value.malformed", cat("not a value of type ", declared),
                "correct the value at its source, or give the column another type"};
    }
  }();
  std::string shown;
  if (fit != Fit::kNull && fit != Fit::kNotUtf8 && column.type.type.id != TypeId::kBytes) {
    append_value_text(shown, view, row, column.type);
    shown = shown.size() <= kMostShown && is_valid_utf8(shown) ? cat(": '", shown, "'") : "";
  }
  return {ErrorKind::kData, words.code,
          cat("column '", column.target.name, "' gets ", fit == Fit::kNull ? "" : "a value that is ",
              words.what, shown),
          words.hint};
}

}  // namespace osiris::duckdb
