#include "filesystem/value_sniffer.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "filesystem/cell_type.h"
#include "format/json_text.h"

namespace osiris::filesystem {

namespace {

constexpr std::array<std::string_view, 7> kNullWords{"NULL", "null", "NA", "N/A", "n/a", "\\N", "-"};
/// A bigint has at most 19 digits; all numbers of 18 fit.
constexpr std::size_t kDigitsOfBigint = 18;
constexpr std::size_t kMostDigits = 38;

/// Those that read a text of their own kind only come first.
constexpr std::array<std::string_view, 21> kFormats{"boolean",
                                                    "boolean(True, False)",
                                                    "boolean(TRUE, FALSE)",
                                                    "boolean(yes, no)",
                                                    "boolean(Yes, No)",
                                                    "boolean(Y, N)",
                                                    "boolean(y, n)",
                                                    "boolean(ano, ne)",
                                                    "date",
                                                    "date(%d.%m.%Y)",
                                                    "date(%d/%m/%Y)",
                                                    "date(%m/%d/%Y)",
                                                    "date(%d-%m-%Y)",
                                                    "date(%d %b %Y)",
                                                    "time",
                                                    "timestamp",
                                                    "timestamp(%d.%m.%Y %H:%M:%S)",
                                                    "timestamp(%d.%m.%Y %H:%M)",
                                                    "timestamp(%d/%m/%Y %H:%M)",
                                                    "timestamp(%m/%d/%Y %H:%M)",
                                                    "timestamptz"};

const std::vector<CellType>& format_readers() {
  static const std::vector<CellType> kReaders = [] {
    std::vector<CellType> readers;
    for (const std::string_view format : kFormats) readers.emplace_back("x", std::string(format));
    return readers;
  }();
  return kReaders;
}

bool fits(const CellType& reader, std::string_view text) {
  BatchBuilder builder({reader.column()});
  return reader.append(builder, 0, text) == Parsed::kExact;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_double(std::string_view text) {
  static const CellType kDouble("x", "double");
  return text.find_first_of("0123456789") != std::string_view::npos && fits(kDouble, text);
}

bool is_uuid(std::string_view text) {
  static const CellType kUuid("x", "uuid");
  return fits(kUuid, text);
}

bool is_nested_json(std::string_view text) {
  return (text.starts_with('{') || text.starts_with('[')) && end_of_json_value(text, 0) == text.size();
}

/// 1 and 0 alone are numbers, and a zone is needed for a type that has one.
bool is_of_kind(std::string_view format, std::string_view text) {
  if (format == "boolean") return text != "1" && text != "0";
  if (format == "timestamptz") return text.find_last_of("Z+-") > sizeof("2026-01-01") && text.size() > 19;
  return true;
}

}  // namespace

ValueSniffer::ValueSniffer() {
  for (const std::string_view format : kFormats) formats_.push_back({std::string(format)});
}

void ValueSniffer::add(std::string_view text, bool is_plain) {
  if (is_plain && std::find(kNullWords.begin(), kNullWords.end(), text) != kNullWords.end()) {
    if (std::find(null_words_.begin(), null_words_.end(), text) == null_words_.end())
      null_words_.emplace_back(text);
    return;
  }
  ++count_;
  add_number(text);
  is_uuid_ = is_uuid_ && is_uuid(text);
  is_json_ = is_json_ && is_nested_json(text);
  for (std::size_t index = 0; index < formats_.size(); ++index) {
    Candidate& candidate = formats_[index];
    candidate.fits =
        candidate.fits && is_of_kind(candidate.type, text) && fits(format_readers()[index], text);
  }
}

/// Zeros in front make a number a text: they would be lost.
void ValueSniffer::add_number(std::string_view text) {
  is_double_ = is_double_ && is_double(text);
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const bool has_point = point != std::string_view::npos;
  const std::string_view decimals = has_point ? digits.substr(point + 1) : "";
  const bool is_number =
      is_digits(whole) && (whole.size() == 1 || whole[0] != '0') && (!has_point || is_digits(decimals));
  is_integer_ = is_integer_ && is_number && !has_point;
  is_decimal_ = is_decimal_ && is_number;
  if (whole.size() > 1 && whole[0] == '0') is_double_ = false;
  whole_digits_ = std::max(whole_digits_, whole.size());
  decimals_ = std::max(decimals_, decimals.size());
}

bool ValueSniffer::is_typed() const { return type() != "text"; }

std::string ValueSniffer::type() const {
  if (count_ == 0) return "text";
  if (is_integer_ && whole_digits_ <= kDigitsOfBigint) return "bigint";
  if (is_integer_ && whole_digits_ <= kMostDigits) return cat("decimal(", kMostDigits, ",0)");
  if (is_decimal_ && whole_digits_ + decimals_ <= kMostDigits) {
    return cat("decimal(", std::max<std::size_t>(kDigitsOfBigint, whole_digits_ + decimals_), ",", decimals_,
               ")");
  }
  if (is_double_ && !is_integer_) return "double";
  if (is_uuid_) return "uuid";
  if (is_json_) return "json";
  if (!doubt().empty()) return "text";
  for (const Candidate& candidate : formats_) {
    if (candidate.fits) return candidate.type;
  }
  return "text";
}

std::vector<std::string> ValueSniffer::null_words() const {
  return is_typed() ? null_words_ : std::vector<std::string>();
}

std::string ValueSniffer::doubt() const {
  if (count_ == 0) return {};
  std::vector<std::string> readings;
  for (const Candidate& candidate : formats_) {
    if (candidate.fits && candidate.type.find("/%Y") != std::string::npos) readings.push_back(candidate.type);
  }
  return readings.size() > 1 ? join(readings, " or ") : "";
}

}  // namespace osiris::filesystem
