#include "filesystem/cell_type.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

constexpr unsigned kMostNativeDigits = 38;
constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

[[noreturn]] void refuse(const std::string& column, const std::string& declared) {
  throw Error(
      ErrorKind::kUser, "config.invalid",
      cat("the type of column '", column, "' is not known: '", declared, "'"),
      "types are such as bigint, decimal(12,2), double, date(%d.%m.%Y), timestamp, boolean(yes|y, no|n), "
      "json, text");
}

/// Whether a text is a decimal of so many digits, for those that have no native form.
Parsed fit_of_long_decimal(std::string_view text, const LogicalType& type) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
  const auto is_digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.size() + decimals.size() == 0 || !is_digits(whole) || !is_digits(decimals))
    return Parsed::kMalformed;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  decimals = decimals.substr(0, decimals.find_last_not_of('0') + 1);
  const bool fits = decimals.size() <= type.scale && whole.size() <= std::size_t{type.precision} - type.scale;
  return fits ? Parsed::kExact : Parsed::kOutOfRange;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool takes_format(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTime || id == TypeId::kTimestamp || id == TypeId::kTimestampTz;
}

}  // namespace

CellType::CellType(const std::string& column, const std::string& declared) {
  column_.name = column;
  std::optional<LogicalType> type = parse_type(declared);
  std::string argument;
  const std::size_t bracket = declared.find('(');
  if (!type && bracket != std::string::npos && declared.ends_with(')')) {
    type = parse_type(trim(std::string_view(declared).substr(0, bracket)));
    argument = declared.substr(bracket + 1, declared.size() - bracket - 2);
    if (!type || argument.empty()) refuse(column, declared);
  }
  if (!type) refuse(column, declared);
  column_.type = *type;
  if (type->id == TypeId::kDecimal && type->precision > kMostNativeDigits) column_.encoding = Encoding::kText;
  if (argument.empty()) return;
  if (takes_format(type->id)) {
    format_.emplace(argument, type->id);
  } else if (type->id == TypeId::kBoolean) {
    read_words(argument);
  } else if (type->id == TypeId::kBytes && (argument == "hex" || argument == "base64")) {
    is_base64_ = argument == "base64";
  } else {
    refuse(column, declared);
  }
}

/// "yes|y, no|n".
void CellType::read_words(const std::string& words) {
  const std::size_t comma = words.find(',');
  const auto list = [](std::string_view text) {
    std::vector<std::string> out;
    for (const std::string& word : split(text, '|')) out.emplace_back(trim(word));
    return out;
  };
  if (comma != std::string::npos) {
    true_words_ = list(std::string_view(words).substr(0, comma));
    false_words_ = list(std::string_view(words).substr(comma + 1));
  }
  const auto is_false_too = [&](const std::string& word) {
    return std::find(false_words_.begin(), false_words_.end(), word) != false_words_.end();
  };
  const bool is_clear = comma != std::string::npos && words.find(',', comma + 1) == std::string::npos &&
                        std::none_of(true_words_.begin(), true_words_.end(), is_false_too);
  if (is_clear) return;
  throw Error(ErrorKind::kUser, "config.invalid",
              cat("the words of column '", column_.name, "' are not clear: '", words, "'"),
              "write those for true, a comma and those for false: boolean(yes|y, no|n)");
}

Parsed CellType::append(BatchBuilder& builder, std::size_t column, std::string_view text) const {
  if (column_.type.id == TypeId::kBytes) return append_bytes(builder, column, text);
  if (is_string(column_.type)) {
    builder.append_text(column, text);
    return Parsed::kExact;
  }
  if (format_) return append_date(builder, column, text);
  if (!true_words_.empty()) return append_boolean(builder, column, text);
  if (column_.encoding == Encoding::kText) {
    const Parsed fit = fit_of_long_decimal(text, column_.type);
    if (fit == Parsed::kExact) builder.append_text(column, text);
    return fit;
  }
  std::array<char, sizeof(Hugeint)> native;
  const Parsed fit = parse_native(text, column_.type, native.data());
  if (fit == Parsed::kExact) builder.append_native(column, native.data());
  return fit;
}

Parsed CellType::append_boolean(BatchBuilder& builder, std::size_t column, std::string_view text) const {
  const auto has = [&](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  const bool is_true = has(true_words_);
  if (!is_true && !has(false_words_)) return Parsed::kMalformed;
  builder.append(column, static_cast<std::uint8_t>(is_true ? 1 : 0));
  return Parsed::kExact;
}

Parsed CellType::append_date(BatchBuilder& builder, std::size_t column, std::string_view text) const {
  const auto micros = format_->parse(text);
  if (!micros) return Parsed::kMalformed;
  if (column_.type.id == TypeId::kDate) {
    // A date has no time, so the division leaves no rest.
    builder.append(column, static_cast<std::int32_t>(*micros / kMicrosPerDay));
  } else {
    builder.append(column, *micros);
  }
  return Parsed::kExact;
}

Parsed CellType::append_bytes(BatchBuilder& builder, std::size_t column, std::string_view text) const {
  const auto bytes = is_base64_ ? from_base64(text) : from_hex(text);
  if (!bytes) return Parsed::kMalformed;
  builder.append_text(column, *bytes);
  return Parsed::kExact;
}

std::vector<CellType> declared_types(const Json& types) {
  std::vector<CellType> declared;
  if (!types.is_object()) return declared;
  for (const auto& [column, type] : types.items()) {
    if (!type.is_string()) refuse(column, type.dump());
    declared.emplace_back(column, type.get<std::string>());
  }
  return declared;
}

std::string describe_misfit(Parsed fit, const LogicalType& type, std::string_view text) {
  constexpr std::size_t kMostShown = 80;
  std::string shown;
  if (text.size() <= kMostShown && is_valid_utf8(text)) shown = cat(": '", text, "'");
  return cat(fit == Parsed::kMalformed ? "not a value of type " : "value does not fit ", to_string(type),
             shown);
}

}  // namespace osiris::filesystem
