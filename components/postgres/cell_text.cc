#include "postgres/cell_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "table/values.h"
#include "table/wide_integer.h"

namespace osiris::postgres {
namespace {

unsigned digit_of(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }
bool is_digit(char c) { return digit_of(c) <= 9; }

/// A text that is read from its beginning.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const { return at_ == end_; }
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  char peek() const { return at_end() ? '\0' : *at_; }
  bool sees_digit() const { return !at_end() && is_digit(*at_); }
  bool skip(char wanted) {
    if (peek() != wanted || at_end()) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (skip(' ')) {
    }
  }
  /// All digits that follow.
  std::string_view digits() {
    const char* const begin = at_;
    while (sees_digit()) ++at_;
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  /// All letters that follow.
  std::string_view word() {
    const char* const begin = at_;
    while (!at_end() && ((*at_ | 0x20) >= 'a' && (*at_ | 0x20) <= 'z')) ++at_;
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  bool two_digits(unsigned& value) {
    if (end_ - at_ < 2 || !is_digit(at_[0]) || !is_digit(at_[1])) return false;
    value = digit_of(at_[0]) * 10 + digit_of(at_[1]);
    at_ += 2;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

/// The digits as a number, or false where it does not fit.
bool to_number(std::string_view digits, std::int64_t& value) {
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return problem == std::errc() && end == digits.data() + digits.size();
}

Fit parse_special(std::string_view text, DecimalText& value) {
  const std::string word = to_lower(text);
  if (word == "nan") {
    value.kind = DecimalText::Kind::kNan;
  } else if (word == "infinity" || word == "inf") {
    value.kind = DecimalText::Kind::kInfinity;
  } else {
    return Fit::kMalformed;
  }
  return Fit::kFits;
}

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

std::string_view without_trailing_zeros(std::string_view digits) {
  return digits.substr(0, digits.find_last_not_of('0') + 1);
}

/// The whole number of a decimal without an exponent, rounded half away from zero.
Fit round_to_integer(const DecimalText& number, std::int64_t& value) {
  constexpr std::size_t kMostDigits = 19;
  if (number.whole.size() > kMostDigits) return Fit::kOutOfRange;
  std::uint64_t magnitude = 0;
  for (const char digit : number.whole) magnitude = magnitude * 10 + digit_of(digit);
  if (!number.fraction.empty() && number.fraction.front() >= '5') ++magnitude;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMost + (number.is_negative ? 1U : 0U)) return Fit::kOutOfRange;
  value = static_cast<std::int64_t>(number.is_negative ? 0 - magnitude : magnitude);
  return without_trailing_zeros(number.fraction).empty() ? Fit::kFits : Fit::kInexact;
}

/// Whether the value, printed with as many digits as the text has, gives the text's digits.
template <typename T>
bool keeps_all_digits(std::string_view text, T value) {
  constexpr std::size_t kAlwaysKept = std::numeric_limits<T>::digits10;
  if (text.size() <= kAlwaysKept) return true;
  DecimalText number;
  if (parse_decimal(text, number) != Fit::kFits || number.kind != DecimalText::Kind::kFinite) return true;
  std::string digits(number.whole);
  digits += number.fraction;
  digits = without_trailing_zeros(without_leading_zeros(digits));
  if (digits.size() <= kAlwaysKept) return true;
  std::string printed(digits.size() + 16, '\0');
  const auto end = std::to_chars(printed.data(), printed.data() + printed.size(), std::abs(value),
                                 std::chars_format::scientific, static_cast<int>(digits.size()) - 1);
  printed.resize(static_cast<std::size_t>(end.ptr - printed.data()));
  return printed[0] == digits[0] &&
         std::string_view(printed).substr(2, digits.size() - 1) == std::string_view(digits).substr(1);
}

template <typename T>
Fit parse_float_as(std::string_view text, T& value) {
  const std::string_view number = text.starts_with('+') ? text.substr(1) : text;
  if (number.empty() || number.front() == '+') return Fit::kMalformed;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size()) return Fit::kMalformed;
  if (problem != std::errc()) return Fit::kOutOfRange;
  return keeps_all_digits(number, value) ? Fit::kFits : Fit::kInexact;
}

/// Takes " BC" or " (BC)" off.
bool skip_era(std::string_view& text) {
  for (const std::string_view era : {" BC", " (BC)"}) {
    if (!text.ends_with(era)) continue;
    text.remove_suffix(era.size());
    return true;
  }
  return false;
}

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr std::array<std::uint8_t, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month] + (month == 2 && is_leap ? 1U : 0U);
}

/// "2024-02-29", with a year of at least four digits.
Fit parse_days(Cursor& cursor, bool is_bc, std::int64_t& days) {
  constexpr std::int64_t kLastYear = 5'874'897;
  std::int64_t year = 0;
  unsigned month = 0, day = 0;
  const std::string_view year_digits = cursor.digits();
  if (year_digits.size() < 4 || !to_number(year_digits, year)) return Fit::kMalformed;
  if (!cursor.skip('-') || !cursor.two_digits(month) || !cursor.skip('-') || !cursor.two_digits(day)) {
    return Fit::kMalformed;
  }
  if (year == 0 || month == 0 || month > 12) return Fit::kMalformed;
  if (year > kLastYear) return Fit::kOutOfRange;
  const std::int64_t astronomical = is_bc ? 1 - year : year;
  if (day == 0 || day > days_in_month(astronomical, month)) return Fit::kMalformed;
  days = days_from_civil(astronomical, month, day);
  return Fit::kFits;
}

/// ".5", ".123456789", rounded to microseconds; nothing is a fraction of 0.
Fit parse_fraction(Cursor& cursor, std::int64_t& micros) {
  micros = 0;
  if (!cursor.skip('.')) return Fit::kFits;
  constexpr std::size_t kKept = 6;
  const std::string_view digits = cursor.digits();
  if (digits.empty()) return Fit::kMalformed;
  for (std::size_t at = 0; at < kKept; ++at)
    micros = micros * 10 + (at < digits.size() ? digits[at] - '0' : 0);
  if (without_trailing_zeros(digits).size() <= kKept) return Fit::kFits;
  if (digits[kKept] >= '5') ++micros;
  return Fit::kInexact;
}

/// ":MM[:SS[.ffffff]]" after so many hours.
Fit parse_after_hours(Cursor& cursor, std::int64_t hours, std::int64_t& micros) {
  unsigned minutes = 0, seconds = 0;
  std::int64_t fraction = 0;
  if (!cursor.skip(':') || !cursor.two_digits(minutes)) return Fit::kMalformed;
  Fit fit = Fit::kFits;
  if (cursor.skip(':')) {
    if (!cursor.two_digits(seconds)) return Fit::kMalformed;
    fit = parse_fraction(cursor, fraction);
  }
  if (minutes > 59 || seconds > 59) return Fit::kMalformed;
  micros = (hours * 3600 + std::int64_t{minutes} * 60 + seconds) * kMicrosPerSecond + fraction;
  return fit;
}

/// "Z", "UTC", "+02", "-05:30", "+0530".
bool parse_zone(Cursor& cursor, std::int64_t& offset_seconds) {
  offset_seconds = 0;
  cursor.skip_blanks();
  const std::string_view word = cursor.word();
  if (!word.empty()) return word == "Z" || word == "UTC";
  const bool is_west = cursor.peek() == '-';
  unsigned hours = 0, minutes = 0, seconds = 0;
  if ((!cursor.skip('-') && !cursor.skip('+')) || !cursor.two_digits(hours)) return false;
  if ((cursor.skip(':') || cursor.sees_digit()) && !cursor.two_digits(minutes)) return false;
  if (cursor.skip(':') && !cursor.two_digits(seconds)) return false;
  if (hours > 15 || minutes > 59 || seconds > 59) return false;
  offset_seconds = (std::int64_t{hours} * 3600 + minutes * 60 + seconds) * (is_west ? -1 : 1);
  return true;
}

template <typename T>
bool parse_infinity(std::string_view text, T& value) {
  if (text != "infinity" && text != "-infinity") return false;
  value = text.front() == '-' ? -std::numeric_limits<T>::max() : std::numeric_limits<T>::max();
  return true;
}

/// What an interval sums up; wide enough for any text.
struct IntervalSum {
  Int128 months = 0, days = 0, micros = 0;

  bool add(Int128 count, std::string_view unit) {
    struct Unit {
      std::string_view name;
      Int128 months, days, micros;
    };
    constexpr std::array<Unit, 9> kUnits{{{"year", 12, 0, 0},
                                          {"mon", 1, 0, 0},
                                          {"month", 1, 0, 0},
                                          {"week", 0, 7, 0},
                                          {"day", 0, 1, 0},
                                          {"hour", 0, 0, 3600 * kMicrosPerSecond},
                                          {"min", 0, 0, 60 * kMicrosPerSecond},
                                          {"minute", 0, 0, 60 * kMicrosPerSecond},
                                          {"second", 0, 0, kMicrosPerSecond}}};
    if (unit.size() > 1 && unit.ends_with('s')) unit.remove_suffix(1);
    for (const Unit& known : kUnits) {
      if (known.name != unit) continue;
      months += count * known.months;
      days += count * known.days;
      micros += count * known.micros;
      return true;
    }
    return false;
  }

  Fit value(Interval& interval) const {
    interval.months = static_cast<std::int32_t>(months);
    interval.days = static_cast<std::int32_t>(days);
    interval.microseconds = static_cast<std::int64_t>(micros);
    const bool fits = interval.months == months && interval.days == days && interval.microseconds == micros;
    return fits ? Fit::kFits : Fit::kOutOfRange;
  }
};

/// "3 days" or "04:05:06.5", with a sign before.
Fit parse_interval_part(Cursor& cursor, IntervalSum& sum) {
  constexpr std::int64_t kMostHours = 2'562'047'787;
  const bool is_negative = cursor.peek() == '-';
  if (!cursor.skip('-')) cursor.skip('+');
  const std::string_view digits = cursor.digits();
  if (digits.empty()) return Fit::kMalformed;
  std::int64_t count = 0;
  if (!to_number(digits, count)) return Fit::kOutOfRange;
  if (cursor.peek() == ':') {
    if (count > kMostHours) return Fit::kOutOfRange;
    std::int64_t micros = 0;
    const Fit fit = parse_after_hours(cursor, count, micros);
    sum.micros += is_negative ? -micros : micros;
    return fit;
  }
  cursor.skip_blanks();
  return sum.add(is_negative ? -Int128{count} : Int128{count}, cursor.word()) ? Fit::kFits : Fit::kMalformed;
}

}  // namespace

Fit parse_decimal(std::string_view text, DecimalText& value) {
  Cursor cursor(text);
  value = {};
  value.is_negative = cursor.peek() == '-';
  if (!cursor.skip('-')) cursor.skip('+');
  const std::string_view whole = cursor.digits();
  if (cursor.skip('.')) value.fraction = cursor.digits();
  if (whole.empty() && value.fraction.empty()) return parse_special(cursor.rest(), value);
  value.whole = without_leading_zeros(whole);
  if (cursor.skip('e') || cursor.skip('E')) {
    const bool is_negative = cursor.peek() == '-';
    if (!cursor.skip('-')) cursor.skip('+');
    const std::string_view digits = cursor.digits();
    if (digits.empty()) return Fit::kMalformed;
    if (!to_number(digits, value.exponent)) return Fit::kOutOfRange;
    if (is_negative) value.exponent = -value.exponent;
  }
  return cursor.at_end() ? Fit::kFits : Fit::kMalformed;
}

Fit expand_exponent(const DecimalText& value, std::string& plain) {
  constexpr std::int64_t kMostShift = 150'000;  // more digits than a numeric has
  std::string digits(value.whole);
  digits += value.fraction;
  if (value.exponent > kMostShift || value.exponent < -kMostShift) return Fit::kOutOfRange;
  const std::int64_t point = static_cast<std::int64_t>(value.whole.size()) + value.exponent;
  const auto count = static_cast<std::int64_t>(digits.size());
  if (point > count) digits.append(static_cast<std::size_t>(point - count), '0');
  if (point < 0) digits.insert(0, static_cast<std::size_t>(-point), '0');
  plain = value.is_negative ? "-" : "";
  plain.append(digits, 0, static_cast<std::size_t>(std::max<std::int64_t>(point, 0)));
  plain += '.';
  plain.append(digits, static_cast<std::size_t>(std::max<std::int64_t>(point, 0)));
  return Fit::kFits;
}

Fit parse_whole_number(std::string_view text, std::int64_t& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end == text.data() + text.size() && problem == std::errc()) return Fit::kFits;
  DecimalText number;
  if (const Fit fit = parse_decimal(text, number); fit != Fit::kFits) return fit;
  if (number.kind != DecimalText::Kind::kFinite) return Fit::kOutOfRange;
  if (number.exponent == 0) return round_to_integer(number, value);
  std::string plain;
  if (const Fit fit = expand_exponent(number, plain); fit != Fit::kFits) return fit;
  parse_decimal(plain, number);
  return round_to_integer(number, value);
}

Fit parse_float(std::string_view text, double& value) { return parse_float_as(text, value); }
Fit parse_float(std::string_view text, float& value) { return parse_float_as(text, value); }

Fit parse_boolean(std::string_view text, bool& value) {
  if (text.size() == 1) {
    const char c = text.front();
    value = c == '1' || c == 't' || c == 'T';
    return value || c == '0' || c == 'f' || c == 'F' ? Fit::kFits : Fit::kMalformed;
  }
  const std::string word = to_lower(text);
  value = word == "true";
  return value || word == "false" ? Fit::kFits : Fit::kMalformed;
}

Fit parse_date(std::string_view text, std::int32_t& days) {
  if (parse_infinity(text, days)) return Fit::kFits;
  const bool is_bc = skip_era(text);
  Cursor cursor(text);
  std::int64_t wide = 0;
  const Fit fit = parse_days(cursor, is_bc, wide);
  if (fit != Fit::kFits) return fit;
  days = static_cast<std::int32_t>(wide);
  return cursor.at_end() ? Fit::kFits : Fit::kMalformed;
}

Fit parse_time(std::string_view text, std::int64_t& micros) {
  Cursor cursor(text);
  unsigned hours = 0;
  if (!cursor.two_digits(hours)) return Fit::kMalformed;
  const Fit fit = parse_after_hours(cursor, hours, micros);
  if (fit == Fit::kMalformed || !cursor.at_end()) return Fit::kMalformed;
  return micros <= kMicrosPerDay ? fit : Fit::kOutOfRange;
}

Fit parse_timestamp(std::string_view text, bool takes_zone, std::int64_t& micros) {
  constexpr std::int64_t kMostDays = 106'751'990;  // more would overflow 64 bits
  if (parse_infinity(text, micros)) return Fit::kFits;
  const bool is_bc = skip_era(text);
  Cursor cursor(text);
  std::int64_t days = 0, of_day = 0, offset_seconds = 0;
  if (const Fit fit = parse_days(cursor, is_bc, days); fit != Fit::kFits) return fit;
  Fit fit = Fit::kFits;
  if (!cursor.at_end()) {
    unsigned hours = 0;
    if ((!cursor.skip(' ') && !cursor.skip('T')) || !cursor.two_digits(hours)) return Fit::kMalformed;
    fit = parse_after_hours(cursor, hours, of_day);
    if (fit == Fit::kMalformed || of_day > kMicrosPerDay) return Fit::kMalformed;
  }
  if (!cursor.at_end()) {
    if (!parse_zone(cursor, offset_seconds) || !cursor.at_end()) return Fit::kMalformed;
    if (!takes_zone) fit = Fit::kInexact;
  }
  if (days > kMostDays || days < -kMostDays) return Fit::kOutOfRange;
  micros = days * kMicrosPerDay + of_day - offset_seconds * kMicrosPerSecond;
  return fit;
}

Fit parse_interval(std::string_view text, Interval& value) {
  Cursor cursor(text);
  IntervalSum sum;
  bool is_exact = true;
  do {
    const Fit fit = parse_interval_part(cursor, sum);
    if (fit == Fit::kInexact) {
      is_exact = false;
    } else if (fit != Fit::kFits) {
      return fit;
    }
    cursor.skip_blanks();
  } while (!cursor.at_end());
  const Fit fit = sum.value(value);
  return fit == Fit::kFits && !is_exact ? Fit::kInexact : fit;
}

Fit parse_uuid(std::string_view text, Hugeint& value) {
  std::array<std::uint64_t, 2> words{};
  std::size_t digits = 0;
  const bool has_dashes = text.size() == 36;
  if (!has_dashes && text.size() != 32) return Fit::kMalformed;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (has_dashes && (at == 8 || at == 13 || at == 18 || at == 23)) {
      if (text[at] != '-') return Fit::kMalformed;
      continue;
    }
    unsigned digit = 0;
    const char* const next = text.data() + at;
    if (std::from_chars(next, next + 1, digit, 16).ptr == next) return Fit::kMalformed;
    words[digits / 16] = words[digits / 16] << 4U | digit;
    ++digits;
  }
  value = {words[1], static_cast<std::int64_t>(words[0] ^ (std::uint64_t{1} << 63U))};
  return Fit::kFits;
}

}  // namespace osiris::postgres
