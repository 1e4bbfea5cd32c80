#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"
#include "table/wide_integer.h"

namespace osiris {

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

namespace {

/// What is left of a text that is read from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool skip(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  /// The next digit's value; above 9 where there is none.
  unsigned digit() const { return at_ == end_ ? 10U : static_cast<unsigned char>(*at_) - unsigned{'0'}; }
  void advance() { ++at_; }
  /// Exactly N digits.
  template <unsigned N>
  bool digits(unsigned& value) {
    if (left() < N) return false;
    unsigned sum = 0, worst = 0;
    for (unsigned i = 0; i < N; ++i) {
      const unsigned next = static_cast<unsigned char>(at_[i]) - unsigned{'0'};
      worst |= next > 9 ? 1U : 0U;
      sum = sum * 10 + next;
    }
    at_ += N;
    value = sum;
    return worst == 0;
  }

 private:
  const char* at_;
  const char* end_;
};

/// The digits up to the end, as an unsigned number.
template <typename Wide>
Parsed parse_magnitude(Scanner scan, Wide& value) {
  // This many digits fit whatever they are; the ones after are checked.
  constexpr std::size_t kSafeDigits = sizeof(Wide) == 8 ? 19 : 38;
  constexpr Wide kMost = static_cast<Wide>(-1);
  if (scan.at_end()) return Parsed::kMalformed;
  Wide sum = 0;
  bool has_overflow = false;
  for (std::size_t count = 0; !scan.at_end(); scan.advance(), ++count) {
    const unsigned digit = scan.digit();
    if (digit > 9) return Parsed::kMalformed;
    if (count >= kSafeDigits && sum > (kMost - digit) / 10) has_overflow = true;
    sum = sum * 10 + digit;
  }
  value = sum;
  return has_overflow ? Parsed::kOutOfRange : Parsed::kExact;
}

/// T and its unsigned working type: 64 bits hold every integer but the hugeint.
template <typename T, typename Wide = std::uint64_t>
struct IntegerParser {
  Parsed operator()(std::string_view text, T& value) const {
    Scanner scan(text);
    const bool is_negative = scan.skip('-');
    Wide magnitude = 0;
    const Parsed parsed = parse_magnitude(scan, magnitude);
    if (parsed != Parsed::kExact) return parsed;
    if constexpr (kIsSigned) {
      constexpr Wide kMost =
          sizeof(T) == sizeof(Wide) ? static_cast<Wide>(-1) >> 1U : (Wide{1} << (8 * sizeof(T) - 1)) - 1;
      if (magnitude > kMost + (is_negative ? 1U : 0U)) return Parsed::kOutOfRange;
      value = static_cast<T>(is_negative ? 0 - magnitude : magnitude);
    } else {
      if (magnitude > std::numeric_limits<T>::max() || (is_negative && magnitude != 0)) {
        return Parsed::kOutOfRange;
      }
      value = static_cast<T>(magnitude);
    }
    return Parsed::kExact;
  }

  static constexpr bool kIsSigned = static_cast<T>(-1) < static_cast<T>(0);
};

template <typename T>
struct FloatParser {
  Parsed operator()(std::string_view text, T& value) const {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return Parsed::kMalformed;
    if (problem == std::errc::result_out_of_range) return Parsed::kOutOfRange;
    return problem == std::errc() ? Parsed::kExact : Parsed::kMalformed;
  }
};

struct BooleanParser {
  Parsed operator()(std::string_view text, std::uint8_t& value) const {
    if (text == "1" || text == "true") {
      value = 1;
    } else if (text == "0" || text == "false") {
      value = 0;
    } else {
      return Parsed::kMalformed;
    }
    return Parsed::kExact;
  }
};

/// Wide is unsigned and holds every value of the precision.
template <typename T, typename Wide>
struct DecimalParser {
  unsigned precision, scale;

  Parsed operator()(std::string_view text, T& value) const {
    Scanner scan(text);
    const bool is_negative = scan.skip('-');
    Wide sum = 0;
    unsigned significant = 0;  // digits from the first that is not zero
    bool has_digits = false;
    const auto take = [&](unsigned digit) {
      has_digits = true;
      significant += sum != 0 || digit != 0 ? 1U : 0U;
      if (significant <= precision) sum = sum * 10 + digit;
    };
    for (unsigned digit = scan.digit(); digit <= 9; digit = scan.digit()) {
      take(digit);
      scan.advance();
    }
    unsigned decimals = 0;
    bool is_exact = true;
    if (scan.skip('.')) {
      for (unsigned digit = scan.digit(); digit <= 9; digit = scan.digit()) {
        if (decimals < scale) {
          take(digit);
          ++decimals;
        } else {
          has_digits = true;
          is_exact = is_exact && digit == 0;
        }
        scan.advance();
      }
    }
    if (!has_digits || !scan.at_end()) return Parsed::kMalformed;
    for (; decimals < scale; ++decimals) take(0);
    if (!is_exact || significant > precision) return Parsed::kOutOfRange;
    value = static_cast<T>(is_negative ? 0 - sum : sum);
    return Parsed::kExact;
  }
};

unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<std::uint8_t, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month] + (month == 2 && is_leap ? 1U : 0U);
}

/// "2024-02-29": a day that exists, of the years 1 to 9999.
bool parse_days(Scanner& scan, std::int64_t& days) {
  unsigned year = 0, month = 0, day = 0;
  if (!scan.digits<4>(year) || !scan.skip('-') || !scan.digits<2>(month) || !scan.skip('-') ||
      !scan.digits<2>(day)) {
    return false;
  }
  if (year == 0 || month == 0 || month > 12 || day == 0 || day > days_in_month(year, month)) return false;
  days = days_from_civil(year, month, day);
  return true;
}

/// ".5", ".123456": nothing is a fraction of 0; zeros after the sixth digit are let pass.
bool parse_fraction(Scanner& scan, std::int64_t& micros) {
  micros = 0;
  if (!scan.skip('.')) return true;
  std::int64_t unit = kMicrosPerSecond;
  if (scan.digit() > 9) return false;
  for (unsigned digit = scan.digit(); digit <= 9; digit = scan.digit()) {
    unit /= 10;
    if (unit == 0 && digit != 0) return false;
    micros += unit * digit;
    scan.advance();
  }
  return true;
}

/// ":MM:SS[.ffffff]" after `hours`.
bool parse_after_hours(Scanner& scan, std::int64_t hours, std::int64_t& micros) {
  unsigned minutes = 0, seconds = 0;
  std::int64_t fraction = 0;
  if (!scan.skip(':') || !scan.digits<2>(minutes) || !scan.skip(':') || !scan.digits<2>(seconds) ||
      !parse_fraction(scan, fraction)) {
    return false;
  }
  if (minutes > 59 || seconds > 59) return false;
  micros = (hours * 3600 + std::int64_t{minutes} * 60 + seconds) * kMicrosPerSecond + fraction;
  return true;
}

bool parse_clock(Scanner& scan, std::int64_t& micros) {
  unsigned hours = 0;
  return scan.digits<2>(hours) && parse_after_hours(scan, hours, micros);
}

/// "Z", "+02", "-05:30" or nothing, which is UTC.
bool parse_zone(Scanner& scan, std::int64_t& offset_micros) {
  offset_micros = 0;
  if (scan.at_end() || scan.skip('Z')) return true;
  const bool is_west = scan.skip('-');
  unsigned hours = 0, minutes = 0;
  if ((!is_west && !scan.skip('+')) || !scan.digits<2>(hours)) return false;
  if (scan.skip(':') && !scan.digits<2>(minutes)) return false;
  if (hours > 15 || minutes > 59) return false;
  offset_micros = (std::int64_t{hours} * 60 + minutes) * 60 * kMicrosPerSecond * (is_west ? -1 : 1);
  return true;
}

struct DateParser {
  Parsed operator()(std::string_view text, std::int32_t& value) const {
    Scanner scan(text);
    std::int64_t days = 0;
    if (!parse_days(scan, days) || !scan.at_end()) return Parsed::kMalformed;
    value = static_cast<std::int32_t>(days);
    return Parsed::kExact;
  }
};

struct TimeParser {
  Parsed operator()(std::string_view text, std::int64_t& value) const {
    Scanner scan(text);
    if (!parse_clock(scan, value) || !scan.at_end()) return Parsed::kMalformed;
    return value <= kMicrosPerDay ? Parsed::kExact : Parsed::kOutOfRange;
  }
};

struct TimestampParser {
  bool may_have_zone;

  Parsed operator()(std::string_view text, std::int64_t& value) const {
    Scanner scan(text);
    std::int64_t days = 0, of_day = 0, offset = 0;
    if (!parse_days(scan, days) || (!scan.skip(' ') && !scan.skip('T')) || !parse_clock(scan, of_day) ||
        of_day >= kMicrosPerDay) {
      return Parsed::kMalformed;
    }
    if (may_have_zone && !parse_zone(scan, offset)) return Parsed::kMalformed;
    value = days * kMicrosPerDay + of_day - offset;
    return scan.at_end() ? Parsed::kExact : Parsed::kMalformed;
  }
};

struct IntervalParser {
  Parsed operator()(std::string_view text, Interval& value) const {
    constexpr std::int64_t kMostHours = 2'000'000'000;  // some 9.2e9 would overflow 64 bits
    Scanner scan(text);
    const bool is_negative = scan.skip('-');
    if (scan.digit() > 9) return Parsed::kMalformed;
    std::int64_t hours = 0, micros = 0;
    for (unsigned digit = scan.digit(); digit <= 9; digit = scan.digit()) {
      hours = std::min(hours * 10 + digit, kMostHours + 1);
      scan.advance();
    }
    if (!parse_after_hours(scan, std::min(hours, kMostHours), micros) || !scan.at_end()) {
      return Parsed::kMalformed;
    }
    value = {0, 0, is_negative ? -micros : micros};
    return hours <= kMostHours ? Parsed::kExact : Parsed::kOutOfRange;
  }
};

struct UuidParser {
  Parsed operator()(std::string_view text, Hugeint& value) const {
    if (text.size() != 36) return Parsed::kMalformed;
    std::array<std::uint64_t, 2> words{};
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (at == 8 || at == 13 || at == 18 || at == 23) {
        if (text[at] != '-') return Parsed::kMalformed;
        continue;
      }
      unsigned digit = 0;
      const char* const next = text.data() + at;
      if (std::from_chars(next, next + 1, digit, 16).ptr == next) return Parsed::kMalformed;
      words[digits / 16] = words[digits / 16] << 4U | digit;
      ++digits;
    }
    value = {words[1], static_cast<std::int64_t>(words[0] ^ (std::uint64_t{1} << 63U))};
    return Parsed::kExact;
  }
};

[[noreturn]] void throw_unfit(Parsed parsed, std::string_view text, std::size_t row, const ColumnType& type) {
  constexpr std::size_t kMostShown = 80;
  std::string shown;
  if (text.size() <= kMostShown && is_valid_utf8(text)) shown = cat(": '", text, "'");
  const bool is_malformed = parsed == Parsed::kMalformed;
  throw Error(ErrorKind::kData, is_malformed ? "value.malformed" : "value.out_of_range",
              cat("column '", type.name, "', row ", row + 1, " of the batch: ",
                  is_malformed ? "not a value of type " : "value does not fit ", to_string(type.type), shown),
              "check the source's column type, or cast the column to text in the query");
}

/// Decodes the rows that have a value.
template <typename T, typename Parser>
void decode(const ColumnView& column, std::size_t row_count, const ColumnType& type, char* values,
            const Parser& parser) {
  const auto* const texts = column.as<StringRef>();
  for (std::size_t row = 0; row < row_count; ++row) {
    if (!column.is_valid(row)) continue;
    const std::string_view text = texts[row].view();
    T value{};
    const Parsed parsed = parser(text, value);
    if (parsed != Parsed::kExact) throw_unfit(parsed, text, row, type);
    std::memcpy(values + row * sizeof(T), &value, sizeof(T));
  }
}

/// A hugeint is parsed as the compiler's own integer, whose bytes are the same.
static_assert(sizeof(Int128) == sizeof(Hugeint));

/// Calls `use.operator()<T>(parser)` with a type's native form and what parses it.
template <typename Use>
decltype(auto) with_parser(const LogicalType& type, Use&& use) {
  const unsigned precision = type.precision, scale = type.scale;
  switch (type.id) {
    case TypeId::kBoolean:
      return use.template operator()<std::uint8_t>(BooleanParser{});
    case TypeId::kInt8:
      return use.template operator()<std::int8_t>(IntegerParser<std::int8_t>{});
    case TypeId::kInt16:
      return use.template operator()<std::int16_t>(IntegerParser<std::int16_t>{});
    case TypeId::kInt32:
      return use.template operator()<std::int32_t>(IntegerParser<std::int32_t>{});
    case TypeId::kInt64:
      return use.template operator()<std::int64_t>(IntegerParser<std::int64_t>{});
    case TypeId::kUint8:
      return use.template operator()<std::uint8_t>(IntegerParser<std::uint8_t>{});
    case TypeId::kUint16:
      return use.template operator()<std::uint16_t>(IntegerParser<std::uint16_t>{});
    case TypeId::kUint32:
      return use.template operator()<std::uint32_t>(IntegerParser<std::uint32_t>{});
    case TypeId::kUint64:
      return use.template operator()<std::uint64_t>(IntegerParser<std::uint64_t>{});
    case TypeId::kHugeint:
      return use.template operator()<Int128>(IntegerParser<Int128, Uint128>{});
    case TypeId::kFloat:
      return use.template operator()<float>(FloatParser<float>{});
    case TypeId::kDouble:
      return use.template operator()<double>(FloatParser<double>{});
    case TypeId::kDecimal:
      switch (native_width(type)) {
        case 2:
          return use.template operator()<std::int16_t>(
              DecimalParser<std::int16_t, std::uint64_t>{precision, scale});
        case 4:
          return use.template operator()<std::int32_t>(
              DecimalParser<std::int32_t, std::uint64_t>{precision, scale});
        case 8:
          return use.template operator()<std::int64_t>(
              DecimalParser<std::int64_t, std::uint64_t>{precision, scale});
        default:
          return use.template operator()<Int128>(DecimalParser<Int128, Uint128>{precision, scale});
      }
    case TypeId::kDate:
      return use.template operator()<std::int32_t>(DateParser{});
    case TypeId::kTime:
      return use.template operator()<std::int64_t>(TimeParser{});
    case TypeId::kTimestamp:
      return use.template operator()<std::int64_t>(TimestampParser{.may_have_zone = false});
    case TypeId::kTimestampTz:
      return use.template operator()<std::int64_t>(TimestampParser{.may_have_zone = true});
    case TypeId::kInterval:
      return use.template operator()<Interval>(IntervalParser{});
    case TypeId::kUuid:
      return use.template operator()<Hugeint>(UuidParser{});
    case TypeId::kText:
    case TypeId::kJson:
    case TypeId::kBytes:
      break;
  }
  throw Error(ErrorKind::kInternal, "internal.invariant", "texts and bytes need no decoding");
}

}  // namespace

Parsed parse_native(std::string_view text, const LogicalType& type, void* value) {
  return with_parser(type, [&]<typename T>(const auto& parser) {
    T parsed{};
    const Parsed outcome = parser(text, parsed);
    if (outcome == Parsed::kExact) std::memcpy(value, &parsed, sizeof(T));
    return outcome;
  });
}

NativeColumn::NativeColumn(const ColumnView& column, std::size_t row_count, const ColumnType& type) {
  // On the heap even when short, so that a move leaves the values where the view points.
  constexpr std::size_t kNeverInside = 64;
  const std::size_t size = row_count * native_width(type.type);
  values_.reserve(std::max(size, kNeverInside));
  values_.resize(size);
  with_parser(type.type, [&]<typename T>(const auto& parser) {
    decode<T>(column, row_count, type, values_.data(), parser);
  });
  view_ = {column.validity, values_.data()};
}

}  // namespace osiris
