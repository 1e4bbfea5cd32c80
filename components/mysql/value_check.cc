#include "mysql/value_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "table/values.h"

namespace osiris::mysql {

namespace {

constexpr unsigned kNoDigit = 10;

unsigned digit_of(char c) {
  const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
  return digit < kNoDigit ? digit : kNoDigit;
}

/// What is left of a text that is read from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }
  std::string_view left() const { return left_; }
  bool skip(char wanted) {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  /// The value of the next character, read; kNoDigit where it is not a digit.
  unsigned digit() {
    const unsigned digit = left_.empty() ? kNoDigit : digit_of(left_.front());
    if (digit != kNoDigit) left_.remove_prefix(1);
    return digit;
  }
  /// Between `least` and `most` digits.
  bool number(std::size_t least, std::size_t most, unsigned& value) {
    value = 0;
    std::size_t count = 0;
    for (unsigned next = 0; count < most && (next = digit()) != kNoDigit; ++count) value = value * 10 + next;
    return count >= least;
  }

 private:
  std::string_view left_;
};

/// A number's text, taken apart: its digits without the zeros around them, and the power of ten of the last.
struct Number {
  static constexpr int kMostDigits = 400;  ///< of a double printed in full
  static constexpr int kMostExponent = 9999;

  std::array<char, kMostDigits> digits;
  int count = 0;
  int lowest = 0;
  bool is_negative = false;
  bool is_valid = true;

  explicit Number(std::string_view text) {
    Scanner scan(text);
    is_negative = scan.skip('-');
    if (!is_negative) scan.skip('+');
    bool has_digits = read_digits(scan, 0);
    if (scan.skip('.')) has_digits = read_digits(scan, -1) || has_digits;
    const int exponent = read_exponent(scan);
    lowest += exponent;
    is_valid = has_digits && is_valid && scan.at_end();
    while (count > 0 && digits[static_cast<std::size_t>(count - 1)] == '0') {
      --count;
      ++lowest;
    }
  }

  bool is_zero() const { return count == 0; }
  /// Digits before the point.
  int whole_digits() const { return is_zero() ? 0 : std::max(0, count + lowest); }
  /// Digits after it.
  int fraction_digits() const { return is_zero() ? 0 : std::max(0, -lowest); }
  /// Requires: whole_digits() ≤ 20 and fraction_digits() is 0. Nothing above 64 bits.
  std::optional<std::uint64_t> magnitude() const {
    std::uint64_t value = 0;
    for (int place = 0; place < whole_digits(); ++place) {
      const unsigned digit = place < count ? digit_of(digits[static_cast<std::size_t>(place)]) : 0;
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) {
        return std::nullopt;
      }
    }
    return value;
  }

 private:
  /// `step` is 0 before the point and -1 behind it: what a digit more does to the last one's power.
  bool read_digits(Scanner& scan, int step) {
    bool has_any = false;
    for (unsigned digit = scan.digit(); digit != kNoDigit; digit = scan.digit()) {
      has_any = true;
      lowest += step;
      if (count == 0 && digit == 0) continue;
      if (count == kMostDigits) {
        is_valid = false;
        return false;
      }
      digits[static_cast<std::size_t>(count++)] = static_cast<char>('0' + digit);
    }
    return has_any;
  }
  int read_exponent(Scanner& scan) {
    if (!scan.skip('e') && !scan.skip('E')) return 0;
    const bool is_minus = scan.skip('-');
    if (!is_minus) scan.skip('+');
    unsigned value = 0;
    if (!scan.number(1, 5, value) || value > kMostExponent) is_valid = false;
    return is_minus ? -static_cast<int>(value) : static_cast<int>(value);
  }
};

/// The common case, digits only, without taking the text apart.
std::optional<std::uint64_t> plain_magnitude(std::string_view digits) {
  constexpr std::size_t kAlwaysFits = 19;
  if (digits.empty() || digits.size() > kAlwaysFits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const unsigned digit = digit_of(c);
    if (digit == kNoDigit) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

Fit fit_magnitude(const ValueCheck& check, bool is_negative, std::uint64_t magnitude) {
  if (!is_negative) return magnitude <= check.most ? Fit::kFits : Fit::kOutOfRange;
  const std::uint64_t most_negative = 0 - static_cast<std::uint64_t>(check.least);
  return magnitude <= most_negative ? Fit::kFits : Fit::kOutOfRange;
}

Fit fit_integer(const ValueCheck& check, std::string_view text) {
  constexpr int kMostWholeDigits = 20;
  const bool is_negative = text.starts_with('-');
  if (const auto magnitude = plain_magnitude(text.substr(is_negative ? 1 : 0))) {
    return fit_magnitude(check, is_negative, *magnitude);
  }
  const Number number(text);
  if (!number.is_valid) return Fit::kMalformed;
  if (number.fraction_digits() > 0 || number.whole_digits() > kMostWholeDigits) return Fit::kOutOfRange;
  const auto magnitude = number.magnitude();
  return magnitude ? fit_magnitude(check, number.is_negative, *magnitude) : Fit::kOutOfRange;
}

Fit fit_year(const ValueCheck& check, std::string_view text) {
  const auto year = plain_magnitude(text);
  if (!year) return Fit::kMalformed;
  const bool is_in_range = *year >= static_cast<std::uint64_t>(check.least) && *year <= check.most;
  return *year == 0 || is_in_range ? Fit::kFits : Fit::kOutOfRange;
}

Fit fit_decimal(const ValueCheck& check, std::string_view text) {
  const Number number(text);
  if (!number.is_valid) return Fit::kMalformed;
  const bool has_wrong_sign = check.is_unsigned && number.is_negative && !number.is_zero();
  const bool fits = number.whole_digits() <= check.whole_digits &&
                    number.fraction_digits() <= check.fraction_digits && !has_wrong_sign;
  return fits ? Fit::kFits : Fit::kOutOfRange;
}

/// Whether a number printed with as many digits as the text has is the text.
template <typename T>
bool reads_back(const Number& number) {
  std::array<char, Number::kMostDigits + 16> text;
  char* end = std::copy_n(number.digits.data(), number.count, text.data());
  *end++ = 'e';
  end = std::to_chars(end, text.data() + text.size(), number.lowest).ptr;
  T value = 0;
  if (std::from_chars(text.data(), end, value).ec != std::errc()) return false;
  if (number.count <= std::numeric_limits<T>::digits10) return true;
  std::array<char, Number::kMostDigits + 16> printed;
  end = std::to_chars(printed.data(), printed.data() + printed.size(), value, std::chars_format::scientific,
                      number.count - 1)
            .ptr;
  const std::string_view digits(number.digits.data(), static_cast<std::size_t>(number.count));
  return printed[0] == digits[0] &&
         std::string_view(printed.data() + 2, static_cast<std::size_t>(number.count - 1)) == digits.substr(1);
}

Fit fit_floating(const ValueCheck& check, std::string_view text) {
  if (text == "nan" || text.ends_with("inf")) return Fit::kOutOfRange;  // a number that the server has not
  const Number number(text);
  if (!number.is_valid) return Fit::kMalformed;
  if (number.fraction_digits() > check.fraction_digits) return Fit::kOutOfRange;
  if (number.is_zero() || !check.refuses_rounding) return Fit::kFits;
  return (check.is_single ? reads_back<float>(number) : reads_back<double>(number)) ? Fit::kFits
                                                                                    : Fit::kOutOfRange;
}

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<std::uint8_t, 13> kDays = {31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month] + (month == 2 && is_leap ? 1U : 0U);
}

struct Moment {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0;
  int fraction_digits = 0;  ///< up to the last that is not zero
};

/// Year, month and day; a month or day of zero is the server's own kind of date.
bool read_date(Scanner& scan, Moment& moment) {
  return scan.number(4, 4, moment.year) && scan.skip('-') && scan.number(2, 2, moment.month) &&
         scan.skip('-') && scan.number(2, 2, moment.day) && moment.month <= 12 &&
         moment.day <= days_in_month(moment.year, moment.month);
}

/// Decimals of a second; zeros after the sixth are let pass.
bool read_fraction(Scanner& scan, Moment& moment) {
  if (!scan.skip('.')) return true;
  std::int64_t unit = kMicrosPerSecond;
  int count = 0;
  for (unsigned digit = scan.digit(); digit != kNoDigit; digit = scan.digit()) {
    ++count;
    unit /= 10;
    moment.micros += unit * digit;
    if (digit != 0) moment.fraction_digits = count;
  }
  return count > 0;
}

bool read_minutes_and_seconds(Scanner& scan, Moment& moment) {
  return scan.skip(':') && scan.number(2, 2, moment.minute) && scan.skip(':') &&
         scan.number(2, 2, moment.second) && moment.minute <= 59 && moment.second <= 59 &&
         read_fraction(scan, moment);
}

bool read_moment(Scanner& scan, Moment& moment) {
  if (!read_date(scan, moment)) return false;
  if (scan.at_end()) return true;
  if (!scan.skip(' ') && !scan.skip('T')) return false;
  return scan.number(2, 2, moment.hour) && moment.hour <= 23 && read_minutes_and_seconds(scan, moment);
}

std::int64_t microseconds(const Moment& moment) {
  const std::int64_t days = days_from_civil(moment.year, moment.month, moment.day);
  const std::int64_t seconds =
      days * 86'400 + std::int64_t{moment.hour} * 3600 + std::int64_t{moment.minute} * 60 + moment.second;
  return seconds * kMicrosPerSecond + moment.micros;
}

bool has_zero_part(const Moment& moment) { return moment.month == 0 || moment.day == 0; }

/// The moments that a TIMESTAMP holds, and its zero.
/// Source: MariaDB manual, TIMESTAMP, "Supported values".
bool is_in_epoch(const Moment& moment) {
  if (has_zero_part(moment)) return moment.year == 0 && moment.month == 0 && moment.day == 0;
  constexpr std::int64_t kLeast = kMicrosPerSecond;
  constexpr std::int64_t kEnd = (std::int64_t{1} << 31U) * kMicrosPerSecond;
  const std::int64_t at = microseconds(moment);
  return at >= kLeast && at < kEnd;
}

/// What a date or moment that a calendar of more years has looks like: a sign of the era or a word.
bool is_beyond_years(std::string_view text) {
  const std::size_t dash = text.find('-');
  return text.ends_with("infinity") || text.ends_with("(BC)") || (dash != std::string_view::npos && dash > 4);
}

Fit fit_date(std::string_view text) {
  Moment moment;
  Scanner scan(text);
  if (read_date(scan, moment) && scan.at_end()) return Fit::kFits;
  return is_beyond_years(text) ? Fit::kOutOfRange : Fit::kMalformed;
}

Fit fit_timestamp(const ValueCheck& check, std::string_view text) {
  Moment moment;
  Scanner scan(text);
  if (!read_moment(scan, moment) || !scan.at_end()) {
    return is_beyond_years(text) ? Fit::kOutOfRange : Fit::kMalformed;
  }
  const bool fits =
      moment.fraction_digits <= check.fraction_digits && (!check.is_epoch || is_in_epoch(moment));
  return fits ? Fit::kFits : Fit::kOutOfRange;
}

Fit fit_time(const ValueCheck& check, std::string_view text) {
  constexpr std::size_t kMostHourDigits = 6;
  constexpr unsigned kMostHours = 838;
  Moment moment;
  Scanner scan(text);
  scan.skip('-');
  if (!scan.number(2, kMostHourDigits, moment.hour) || !read_minutes_and_seconds(scan, moment) ||
      !scan.at_end()) {
    return text.find(' ') == std::string_view::npos ? Fit::kMalformed
                                                    : Fit::kOutOfRange;  // "2 days 03:00:00"
  }
  const bool is_past_the_last =
      moment.hour == kMostHours && moment.minute == 59 && moment.second == 59 && moment.micros > 0;
  const bool fits =
      moment.hour <= kMostHours && !is_past_the_last && moment.fraction_digits <= check.fraction_digits;
  return fits ? Fit::kFits : Fit::kOutOfRange;
}

Fit fit_characters(const ValueCheck& check, std::string_view text) {
  if (check.refuses_other_bytes && !is_valid_utf8(text)) return Fit::kNotUtf8;
  if (text.size() > check.most && count_characters(text) > check.most) return Fit::kTooLong;
  return check.refuses_end_blanks && text.ends_with(' ') ? Fit::kMalformed : Fit::kFits;
}

Fit fit_bytes(const ValueCheck& check, std::string_view text) {
  if (check.refuses_other_bytes && !is_valid_utf8(text)) return Fit::kNotUtf8;
  if (text.size() > check.most) return Fit::kTooLong;
  return text.size() < static_cast<std::uint64_t>(check.least) ? Fit::kMalformed : Fit::kFits;
}

/// Where a zone begins in what follows a moment, read; its minutes east of Greenwich.
std::optional<int> read_zone(Scanner& scan) {
  if (scan.skip('Z')) return 0;
  const bool is_west = scan.skip('-');
  unsigned hours = 0, minutes = 0;
  if ((!is_west && !scan.skip('+')) || !scan.number(2, 2, hours)) return std::nullopt;
  if (scan.skip(':') && !scan.number(2, 2, minutes)) return std::nullopt;
  if (hours > 15 || minutes > 59) return std::nullopt;
  const int east = static_cast<int>(hours * 60 + minutes);
  return is_west ? -east : east;
}

}  // namespace

Fit ValueCheck::operator()(std::string_view text) const {
  switch (rule) {
    case Rule::kNone:
      return Fit::kFits;
    case Rule::kInteger:
      return fit_integer(*this, text);
    case Rule::kYear:
      return fit_year(*this, text);
    case Rule::kDecimal:
      return fit_decimal(*this, text);
    case Rule::kFloating:
      return fit_floating(*this, text);
    case Rule::kDate:
      return fit_date(text);
    case Rule::kTimestamp:
      return fit_timestamp(*this, text);
    case Rule::kTime:
      return fit_time(*this, text);
    case Rule::kCharacters:
      return fit_characters(*this, text);
    case Rule::kBytes:
      return fit_bytes(*this, text);
  }
  return Fit::kFits;
}

bool has_zone(std::string_view text) {
  constexpr std::size_t kDateWidth = 10;  // 2024-02-29
  return text.size() > kDateWidth &&
         (text.back() == 'Z' || text.find_first_of("+-", kDateWidth) < text.size());
}

std::optional<std::int64_t> utc_microseconds(std::string_view text) {
  constexpr int kMicroDigits = 6;
  Moment moment;
  Scanner scan(text);
  if (!read_moment(scan, moment) || has_zero_part(moment) || moment.fraction_digits > kMicroDigits) {
    return std::nullopt;
  }
  std::int64_t offset_micros = 0;
  if (!scan.at_end()) {
    const auto east = read_zone(scan);
    if (!east || !scan.at_end()) return std::nullopt;
    offset_micros = std::int64_t{*east} * 60 * kMicrosPerSecond;
  }
  return microseconds(moment) - offset_micros;
}

}  // namespace osiris::mysql
