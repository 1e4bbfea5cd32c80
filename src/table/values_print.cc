#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "table/values.h"
#include "table/wide_integer.h"

namespace osiris {

namespace {

/// "00" to "99", one after the other.
constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t value = 0; value < 100; ++value) {
    pairs[2 * value] = static_cast<char>('0' + value / 10);
    pairs[2 * value + 1] = static_cast<char>('0' + value % 10);
  }
  return pairs;
}();

char* put(char* out, std::string_view text) { return std::copy(text.begin(), text.end(), out); }

/// Requires: value < 100.
char* put_pair(char* out, std::uint64_t value) {
  std::memcpy(out, &kDigitPairs[2 * value], 2);
  return out + 2;
}

char* put_unsigned(char* out, std::uint64_t value) {
  return std::to_chars(out, out + std::numeric_limits<std::uint64_t>::digits10 + 1, value).ptr;
}

/// At least `width` digits.
char* put_padded(char* out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits;
  const char* const end = put_unsigned(digits.data(), value);
  const auto count = static_cast<std::size_t>(end - digits.data());
  if (count < width) out = std::fill_n(out, width - count, '0');
  return std::copy_n(digits.data(), count, out);
}

/// Up to 39 digits of a number of 128 bits, without a sign.
struct WideDigits {
  std::array<char, 40> digits;
  std::size_t count;

  explicit WideDigits(Uint128 value) {
    constexpr std::uint64_t kGroup = 10'000'000'000'000'000'000U;  // the largest power of ten in 64 bits
    constexpr std::size_t kGroupDigits = 19;
    char* end = digits.data();
    if (value >= Uint128{kGroup} * kGroup) {
      end = put_unsigned(end, static_cast<std::uint64_t>(value / kGroup / kGroup));
      value %= Uint128{kGroup} * kGroup;
      end = put_padded(end, static_cast<std::uint64_t>(value / kGroup), kGroupDigits);
      end = put_padded(end, static_cast<std::uint64_t>(value % kGroup), kGroupDigits);
    } else if (value >= kGroup) {
      end = put_unsigned(end, static_cast<std::uint64_t>(value / kGroup));
      end = put_padded(end, static_cast<std::uint64_t>(value % kGroup), kGroupDigits);
    } else {
      end = put_unsigned(end, static_cast<std::uint64_t>(value));
    }
    count = static_cast<std::size_t>(end - digits.data());
  }
};

template <typename T>
char* put_integer(char* out, T value, std::size_t pad_width) {
  if (pad_width == 0) return std::to_chars(out, out + 20, value).ptr;
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return put_padded(out, magnitude, pad_width);
}

/// An integer or decimal: digits without the point are filled up to `pad_width`, and a point stands
/// before the last `scale` of them.
char* put_scaled(char* out, Int128 value, std::size_t scale, std::size_t pad_width) {
  if (value < 0) *out++ = '-';
  const WideDigits wide(value < 0 ? 0 - static_cast<Uint128>(value) : static_cast<Uint128>(value));
  const std::size_t width = std::max({wide.count, scale + 1, pad_width});
  char* const first = out;
  out = std::fill_n(out, width - wide.count, '0');
  out = std::copy_n(wide.digits.data(), wide.count, out);
  if (scale == 0) return out;
  char* const point = first + width - scale;
  std::copy_backward(point, out, out + 1);
  *point = '.';
  return out + 1;
}

/// The shortest digits that read back the same, and where the point stands: 0.1 has point 0, 1 has 1.
struct ShortestDigits {
  std::array<char, 24> digits;
  int count = 0;
  int point = 0;

  template <typename T>
  explicit ShortestDigits(T magnitude) {
    std::array<char, 32> text;
    const char* const end =
        std::to_chars(text.data(), text.data() + text.size(), magnitude, std::chars_format::scientific).ptr;
    const char* at = text.data();
    for (; *at != 'e'; ++at) {
      if (*at != '.') digits[static_cast<std::size_t>(count++)] = *at;
    }
    ++at;
    if (*at == '+') ++at;
    std::from_chars(at, end, point);
    ++point;
  }
};

char* put_exponent_form(char* out, const ShortestDigits& number, bool is_bare) {
  *out++ = number.digits[0];
  if (number.count > 1) {
    *out++ = '.';
    out = std::copy_n(number.digits.data() + 1, number.count - 1, out);
  }
  *out++ = 'e';
  const int exponent = number.point - 1;
  if (exponent < 0) {
    *out++ = '-';
  } else if (!is_bare) {
    *out++ = '+';
  }
  return put_padded(out, static_cast<std::uint64_t>(std::abs(exponent)), is_bare ? 1 : 2);
}

char* put_plain_form(char* out, const ShortestDigits& number) {
  const char* const digits = number.digits.data();
  if (number.point <= 0) {
    out = put(out, "0.");
    out = std::fill_n(out, -number.point, '0');
    return std::copy_n(digits, number.count, out);
  }
  const int whole = std::min(number.count, number.point);
  out = std::copy_n(digits, whole, out);
  out = std::fill_n(out, number.point - whole, '0');
  if (whole == number.count) return out;
  *out++ = '.';
  return std::copy_n(digits + whole, number.count - whole, out);
}

/// Plain decimals as long as they are readable. Source: for the canonical form Python's repr();
/// for the bare one MariaDB 10.11, strings/dtoa.c, my_gcvt.
template <typename T>
char* put_float(char* out, T value, const PrintStyle& style) {
  const bool is_bare = style.bare_exponent;
  if (value != value) return put(out, "nan");
  if (std::signbit(value)) *out++ = '-';
  const T magnitude = std::abs(value);
  if (magnitude == std::numeric_limits<T>::infinity()) return put(out, "inf");
  if (style.fraction_digits >= 0) {
    // The largest double has 309 digits before the point.
    return std::to_chars(out, out + kMaxPrintedBytes - 1, magnitude, std::chars_format::fixed,
                         style.fraction_digits)
        .ptr;
  }
  if (magnitude == 0) return put(out, "0");
  const ShortestDigits number(magnitude);
  const int least = is_bare ? -14 : -3;
  const int most = is_bare ? 15 : 16;
  if (number.point < least || number.point > most) return put_exponent_form(out, number, is_bare);
  return put_plain_form(out, number);
}

/// Requires: 0 ≤ micros < 1,000,000.
char* put_fraction(char* out, std::uint64_t micros, int fraction_digits) {
  constexpr int kDigits = 6;
  if (fraction_digits == 0 || (fraction_digits < 0 && micros == 0)) return out;
  *out = '.';
  put_pair(out + 1, micros / 10'000);
  put_pair(out + 3, micros / 100 % 100);
  put_pair(out + 5, micros % 100);
  if (fraction_digits > 0) return out + 1 + std::min(fraction_digits, kDigits);
  out += 1 + kDigits;
  while (out[-1] == '0') --out;
  return out;
}

char* put_clock(char* out, std::uint64_t micros, int fraction_digits) {
  const std::uint64_t seconds = micros / kMicrosPerSecond;
  const std::uint64_t hours = seconds / 3600;
  out = hours < 100 ? put_pair(out, hours) : put_unsigned(out, hours);
  *out++ = ':';
  out = put_pair(out, seconds / 60 % 60);
  *out++ = ':';
  out = put_pair(out, seconds % 60);
  return put_fraction(out, micros % kMicrosPerSecond, fraction_digits);
}

struct CivilDate {
  std::int64_t year;
  std::uint64_t month, day;
};

/// Source: Hinnant, chrono-compatible low-level date algorithms, civil_from_days.
CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<std::uint64_t>(days - era * 146'097);
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

char* put_date(char* out, const CivilDate& date) {
  const auto year = static_cast<std::uint64_t>(date.year > 0 ? date.year : 1 - date.year);
  out = put_padded(out, year, 4);
  *out++ = '-';
  out = put_pair(out, date.month);
  *out++ = '-';
  return put_pair(out, date.day);
}

char* put_era(char* out, const CivilDate& date) { return date.year > 0 ? out : put(out, " (BC)"); }

/// The largest value and its negative stand for the infinities, as in DuckDB.
template <typename T>
bool is_infinite(T value) {
  return value == std::numeric_limits<T>::max() || value == -std::numeric_limits<T>::max();
}

char* put_infinity(char* out, bool is_negative) { return put(out, is_negative ? "-infinity" : "infinity"); }

char* put_days(char* out, std::int32_t days) {
  if (is_infinite(days)) return put_infinity(out, days < 0);
  const CivilDate date = civil_from_days(days);
  return put_era(put_date(out, date), date);
}

char* put_timestamp(char* out, std::int64_t micros, const PrintStyle& style, bool has_zone) {
  if (is_infinite(micros)) return put_infinity(out, micros < 0);
  const std::int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  const CivilDate date = civil_from_days(days);
  out = put_date(out, date);
  *out++ = ' ';
  const std::int64_t of_day = micros % kMicrosPerDay;
  out = put_clock(out, static_cast<std::uint64_t>(of_day < 0 ? of_day + kMicrosPerDay : of_day),
                  style.fraction_digits);
  if (has_zone && !style.hide_zone) out = put(out, "+00:00");
  return put_era(out, date);
}

char* put_signed_clock(char* out, std::int64_t micros, int fraction_digits) {
  auto magnitude = static_cast<std::uint64_t>(micros);
  if (micros < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return put_clock(out, magnitude, fraction_digits);
}

char* put_count(char* out, std::int32_t count, std::string_view unit) {
  if (count == 0) return out;
  out = put_integer(out, count, 0);
  *out++ = ' ';
  out = put(out, unit);
  if (count != 1) *out++ = 's';
  *out++ = ' ';
  return out;
}

char* put_interval(char* out, const Interval& value, const PrintStyle& style) {
  const bool is_clock_only = value.months == 0 && value.days == 0;
  if (is_clock_only) return put_signed_clock(out, value.microseconds, style.fraction_digits);
  out = put_count(out, value.months / 12, "year");
  out = put_count(out, value.months % 12, "month");
  out = put_count(out, value.days, "day");
  if (value.microseconds == 0) return out - 1;  // without the space after the last unit
  return put_signed_clock(out, value.microseconds, style.fraction_digits);
}

char* put_uuid(char* out, const Hugeint& value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t high = static_cast<std::uint64_t>(value.high) ^ (std::uint64_t{1} << 63U);
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *out++ = '-';
    const std::uint64_t word = digit < 16 ? high : value.low;
    *out++ = kHex[word >> (60 - 4 * (digit % 16)) & 15U];
  }
  return out;
}

char* put_decimal(char* out, const ColumnView& column, std::size_t row, const ColumnType& type) {
  const std::size_t scale = type.type.scale;
  const std::size_t pad_width = type.style.zero_pad_width;
  switch (native_width(type.type)) {
    case 2:
      return put_scaled(out, column.as<std::int16_t>()[row], scale, pad_width);
    case 4:
      return put_scaled(out, column.as<std::int32_t>()[row], scale, pad_width);
    case 8:
      return put_scaled(out, column.as<std::int64_t>()[row], scale, pad_width);
    default:
      return put_scaled(out, to_int128(column.as<Hugeint>()[row]), scale, pad_width);
  }
}

}  // namespace

char* print_native(char* out, const ColumnView& column, std::size_t row, const ColumnType& type) {
  const PrintStyle& style = type.style;
  switch (type.type.id) {
    case TypeId::kBoolean:
      return put(out, column.as<std::uint8_t>()[row] != 0 ? "true" : "false");
    case TypeId::kInt8:
      return put_integer(out, column.as<std::int8_t>()[row], style.zero_pad_width);
    case TypeId::kInt16:
      return put_integer(out, column.as<std::int16_t>()[row], style.zero_pad_width);
    case TypeId::kInt32:
      return put_integer(out, column.as<std::int32_t>()[row], style.zero_pad_width);
    case TypeId::kInt64:
      return put_integer(out, column.as<std::int64_t>()[row], style.zero_pad_width);
    case TypeId::kUint8:
      return put_integer(out, column.as<std::uint8_t>()[row], style.zero_pad_width);
    case TypeId::kUint16:
      return put_integer(out, column.as<std::uint16_t>()[row], style.zero_pad_width);
    case TypeId::kUint32:
      return put_integer(out, column.as<std::uint32_t>()[row], style.zero_pad_width);
    case TypeId::kUint64:
      return put_integer(out, column.as<std::uint64_t>()[row], style.zero_pad_width);
    case TypeId::kHugeint:
      return put_scaled(out, to_int128(column.as<Hugeint>()[row]), 0, style.zero_pad_width);
    case TypeId::kFloat:
      return put_float(out, column.as<float>()[row], style);
    case TypeId::kDouble:
      return put_float(out, column.as<double>()[row], style);
    case TypeId::kDecimal:
      return put_decimal(out, column, row, type);
    case TypeId::kDate:
      return put_days(out, column.as<std::int32_t>()[row]);
    case TypeId::kTime:
      return put_clock(out, static_cast<std::uint64_t>(column.as<std::int64_t>()[row]),
                       style.fraction_digits);
    case TypeId::kTimestamp:
      return put_timestamp(out, column.as<std::int64_t>()[row], style, false);
    case TypeId::kTimestampTz:
      return put_timestamp(out, column.as<std::int64_t>()[row], style, true);
    case TypeId::kInterval:
      return put_interval(out, column.as<Interval>()[row], style);
    case TypeId::kUuid:
      return put_uuid(out, column.as<Hugeint>()[row]);
    case TypeId::kText:
    case TypeId::kJson:
    case TypeId::kBytes:
      break;
  }
  invariant(false, "texts and bytes are not printed but copied");
  return out;
}

void append_value_text(std::string& out, const ColumnView& column, std::size_t row, const ColumnType& type) {
  if (type.encoding == Encoding::kText || is_string(type.type)) {
    out += column.text(row);
    return;
  }
  std::array<char, kMaxPrintedBytes> text;
  out.append(text.data(), print_native(text.data(), column, row, type));
}

}  // namespace osiris
