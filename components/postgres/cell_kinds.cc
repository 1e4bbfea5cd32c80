#include "postgres/cell_kinds.h"

#include <algorithm>

#include "base/text.h"
#include "table/batch.h"
#include "table/values.h"

namespace osiris::postgres {
namespace {

constexpr std::uint16_t kNegative = 0x4000, kNan = 0xC000, kInfinity = 0xD000, kNegativeInfinity = 0xF000;
constexpr std::size_t kMostWholeDigits = 131'072, kMostFractionDigits = 16'383;
constexpr std::size_t kGroupDigits = 4;
constexpr std::uint64_t kMostFieldBytes = 0x3fff'ffff;

/// The server counts from 2000-01-01.
constexpr std::int32_t kEpochDays = 10'957;
constexpr std::int64_t kEpochMicros = kEpochDays * kMicrosPerDay;
/// Source: PostgreSQL 15, src/include/datatype/timestamp.h, in days and microseconds since 1970.
constexpr std::int64_t kFirstDay = -2'451'545 + std::int64_t{kEpochDays};
constexpr std::int64_t kAfterLastDay = 2'145'042'541 + std::int64_t{kEpochDays};
constexpr std::int64_t kFirstMicro = -211'813'488'000'000'000 + kEpochMicros;

std::uint16_t sign_of(const DecimalText& number) {
  switch (number.kind) {
    case DecimalText::Kind::kNan:
      return kNan;
    case DecimalText::Kind::kInfinity:
      return number.is_negative ? kNegativeInfinity : kInfinity;
    case DecimalText::Kind::kFinite:
      break;
  }
  return number.is_negative ? kNegative : 0;
}

char* put_numeric_head(char* out, std::size_t groups, std::int64_t weight, std::uint16_t sign,
                       std::size_t scale) {
  out = put_big_endian(out, static_cast<std::uint16_t>(groups));
  out = put_big_endian(out, static_cast<std::int16_t>(weight));
  out = put_big_endian(out, sign);
  return put_big_endian(out, static_cast<std::uint16_t>(scale));
}

std::size_t groups_of(std::size_t digits) { return (digits + kGroupDigits - 1) / kGroupDigits; }

/// So many digits as one group; fewer than four are a whole number's first ones.
char* put_group(char* out, const char* digits, std::size_t count) {
  unsigned group = 0;
  for (std::size_t at = 0; at < count; ++at) group = group * 10 + static_cast<unsigned>(digits[at] - '0');
  return put_big_endian(out, static_cast<std::uint16_t>(group));
}

char* put_whole_groups(char* out, std::string_view digits) {
  if (const std::size_t first = digits.size() % kGroupDigits; first != 0) {
    out = put_group(out, digits.data(), first);
    digits.remove_prefix(first);
  }
  for (; !digits.empty(); digits.remove_prefix(kGroupDigits))
    out = put_group(out, digits.data(), kGroupDigits);
  return out;
}

char* put_fraction_groups(char* out, std::string_view digits) {
  for (; digits.size() >= kGroupDigits; digits.remove_prefix(kGroupDigits)) {
    out = put_group(out, digits.data(), kGroupDigits);
  }
  if (digits.empty()) return out;
  std::array<char, kGroupDigits> last;
  last.fill('0');
  std::ranges::copy(digits, last.begin());
  return put_group(out, last.data(), kGroupDigits);
}

/// Whether a plain number keeps to numeric(precision,scale).
Fit check_precision(const CellBounds& bounds, const DecimalText& number) {
  const auto whole = static_cast<int>(number.whole.size());
  const auto decimals = static_cast<int>(number.fraction.find_last_not_of('0') + 1);
  if (whole > std::max(bounds.precision - bounds.scale, 0)) return Fit::kOutOfRange;
  if (bounds.scale >= 0) return decimals <= bounds.scale ? Fit::kFits : Fit::kInexact;
  const auto zeros = whole - static_cast<int>(number.whole.find_last_not_of('0') + 1);
  return decimals == 0 && (whole == 0 || zeros >= -bounds.scale) ? Fit::kFits : Fit::kInexact;
}

/// The groups of a number whose last digit is the scale's, last group first; returns how many.
template <typename Wide>
std::size_t split_groups(Wide magnitude, unsigned scale, std::uint16_t* groups) {
  constexpr std::array<unsigned, kGroupDigits> kPowers = {1, 10, 100, 1000};
  constexpr unsigned kBase = 10'000;
  std::size_t count = 0;
  if (const unsigned rest = scale % kGroupDigits; rest != 0) {
    const auto low = static_cast<unsigned>(magnitude % kPowers[rest]);
    groups[count++] = static_cast<std::uint16_t>(low * kPowers[kGroupDigits - rest]);
    magnitude /= kPowers[rest];
  }
  const std::size_t fraction_groups = groups_of(scale);
  while (magnitude != 0 || count < fraction_groups) {
    groups[count++] = static_cast<std::uint16_t>(magnitude % kBase);
    magnitude /= kBase;
  }
  return count;
}

template <typename T>
bool is_infinite(T value) {
  return value == std::numeric_limits<T>::max() || value == -std::numeric_limits<T>::max();
}

Fit check_fraction(const CellBounds& bounds, std::int64_t micros) {
  return bounds.fraction_unit == 1 || micros % bounds.fraction_unit == 0 ? Fit::kFits : Fit::kInexact;
}

/// What is worse of a text's fit and a value's.
Fit worse(Fit fit, Fit other) { return std::max(fit, other); }

template <typename T>
char* print_as(TypeId id, char* out, const T& value) {
  ColumnType type;
  type.type.id = id;
  char* const end = print_native(out, {nullptr, &value}, 0, type);
  // Ours is " (BC)", the server's " BC".
  if (end[-1] != ')') return end;
  std::memcpy(end - 4, "BC", 2);
  return end - 2;
}

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10 : 16;
}

}  // namespace

Fit NumericKind::parse(const CellBounds& bounds, std::string_view text, Value& value) {
  DecimalText& number = value.number;
  Fit fit = parse_decimal(text, number);
  if (fit != Fit::kFits) return fit;
  if (number.kind != DecimalText::Kind::kFinite) {
    return bounds.has_precision && number.kind == DecimalText::Kind::kInfinity ? Fit::kOutOfRange : fit;
  }
  if (number.exponent != 0) {
    fit = expand_exponent(number, value.plain);
    if (fit != Fit::kFits) return fit;
    parse_decimal(value.plain, number);
  }
  if (number.whole.size() > kMostWholeDigits || number.fraction.size() > kMostFractionDigits) {
    return Fit::kOutOfRange;
  }
  return bounds.has_precision ? check_precision(bounds, number) : Fit::kFits;
}

char* NumericKind::put_binary(char* out, const Value& value) {
  const DecimalText& number = value.number;
  const std::size_t before = groups_of(number.whole.size());
  out = put_numeric_head(out, before + groups_of(number.fraction.size()),
                         static_cast<std::int64_t>(before) - 1, sign_of(number), number.fraction.size());
  return put_fraction_groups(put_whole_groups(out, number.whole), number.fraction);
}

char* NumericKind::put_text(char* out, const Value& value) {
  const DecimalText& number = value.number;
  if (number.is_negative) *out++ = '-';
  const auto put = [&](std::string_view bytes) { out = std::copy(bytes.begin(), bytes.end(), out); };
  if (number.kind == DecimalText::Kind::kNan) {
    put("NaN");
  } else if (number.kind == DecimalText::Kind::kInfinity) {
    put("Infinity");
  } else {
    put(number.whole.empty() ? "0" : number.whole);
    put(number.fraction.empty() ? "" : ".");
    put(number.fraction);
  }
  return out;
}

char* ScaledKind::put_binary(char* out, const Value& value) {
  std::array<std::uint16_t, 12> groups;  // of 39 digits, the point anywhere
  const auto low = static_cast<std::uint64_t>(value.magnitude);
  std::size_t count = low == value.magnitude ? split_groups(low, value.scale, groups.data())
                                             : split_groups(value.magnitude, value.scale, groups.data());
  const auto weight =
      static_cast<std::int64_t>(count) - static_cast<std::int64_t>(groups_of(value.scale)) - 1;
  out = put_numeric_head(out, count, weight, value.is_negative ? kNegative : 0, value.scale);
  while (count > 0) out = put_big_endian(out, groups[--count]);
  return out;
}

char* ScaledKind::put_text(char* out, const Value& value) {
  constexpr std::uint8_t kMostPrecision = 38;
  ColumnType type;
  type.type = {TypeId::kDecimal, kMostPrecision, static_cast<std::uint8_t>(value.scale)};
  const Hugeint native =
      to_hugeint(static_cast<Int128>(value.is_negative ? 0 - value.magnitude : value.magnitude));
  return print_native(out, {nullptr, &native}, 0, type);
}

Fit DateKind::parse(const CellBounds& bounds, std::string_view text, std::int32_t& days) {
  const Fit fit = parse_date(text, days);
  if (fit == Fit::kFits) return from_days(bounds, days, days);
  std::int64_t micros = 0;
  if (fit != Fit::kMalformed || parse_timestamp(text, false, micros) > Fit::kInexact) return fit;
  return from_micros(bounds, micros, days);
}

Fit DateKind::from_days(const CellBounds&, const std::int32_t& source, std::int32_t& days) {
  days = source;
  return is_infinite(days) || (days >= kFirstDay && days < kAfterLastDay) ? Fit::kFits : Fit::kOutOfRange;
}

Fit DateKind::from_micros(const CellBounds& bounds, const std::int64_t& source, std::int32_t& days) {
  if (is_infinite(source)) {
    const auto most = std::numeric_limits<std::int32_t>::max();
    return from_days(bounds, source < 0 ? -most : most, days);
  }
  const std::int64_t of_day = source % kMicrosPerDay;
  const auto day = static_cast<std::int32_t>(source / kMicrosPerDay - (of_day < 0 ? 1 : 0));
  return worse(of_day == 0 ? Fit::kFits : Fit::kInexact, from_days(bounds, day, days));
}

char* DateKind::put_binary(char* out, std::int32_t days) {
  if (!is_infinite(days)) return put_big_endian(out, days - kEpochDays);
  return put_big_endian(out, days < 0 ? std::numeric_limits<std::int32_t>::min() : days);
}

char* DateKind::put_text(char* out, std::int32_t days) { return print_as(TypeId::kDate, out, days); }

Fit TimeKind::parse(const CellBounds& bounds, std::string_view text, std::int64_t& micros) {
  const Fit fit = parse_time(text, micros);
  return fit <= Fit::kInexact ? worse(fit, from_micros(bounds, micros, micros)) : fit;
}

Fit TimeKind::from_micros(const CellBounds& bounds, const std::int64_t& source, std::int64_t& micros) {
  micros = source;
  return micros >= 0 && micros <= kMicrosPerDay ? check_fraction(bounds, micros) : Fit::kOutOfRange;
}

Fit TimeKind::from_interval(const CellBounds& bounds, const Interval& source, std::int64_t& micros) {
  if (source.months != 0 || source.days != 0) return Fit::kOutOfRange;
  return from_micros(bounds, source.microseconds, micros);
}

char* TimeKind::put_text(char* out, std::int64_t micros) { return print_as(TypeId::kTime, out, micros); }

template <bool kHasZone>
Fit TimestampKind<kHasZone>::parse(const CellBounds& bounds, std::string_view text, std::int64_t& micros) {
  const Fit fit = parse_timestamp(text, kHasZone, micros);
  return fit <= Fit::kInexact ? worse(fit, from_micros(bounds, micros, micros)) : fit;
}

template <bool kHasZone>
Fit TimestampKind<kHasZone>::from_micros(const CellBounds& bounds, const std::int64_t& source,
                                         std::int64_t& micros) {
  micros = source;
  if (is_infinite(micros)) return Fit::kFits;
  return micros >= kFirstMicro ? check_fraction(bounds, micros) : Fit::kOutOfRange;
}

template <bool kHasZone>
Fit TimestampKind<kHasZone>::from_instant(const CellBounds& bounds, const std::int64_t& source,
                                          std::int64_t& micros) {
  return worse(kHasZone ? Fit::kFits : Fit::kInexact, from_micros(bounds, source, micros));
}

template <bool kHasZone>
Fit TimestampKind<kHasZone>::from_days(const CellBounds& bounds, const std::int32_t& source,
                                       std::int64_t& micros) {
  constexpr std::int32_t kMostDays = 106'751'990;  // more would overflow 64 bits
  if (is_infinite(source)) {
    const auto most = std::numeric_limits<std::int64_t>::max();
    return from_micros(bounds, source < 0 ? -most : most, micros);
  }
  if (source > kMostDays || source < -kMostDays) return Fit::kOutOfRange;
  return from_micros(bounds, source * kMicrosPerDay, micros);
}

template <bool kHasZone>
char* TimestampKind<kHasZone>::put_binary(char* out, std::int64_t micros) {
  if (!is_infinite(micros)) return put_big_endian(out, micros - kEpochMicros);
  return put_big_endian(out, micros < 0 ? std::numeric_limits<std::int64_t>::min() : micros);
}

template <bool kHasZone>
char* TimestampKind<kHasZone>::put_text(char* out, std::int64_t micros) {
  return print_as(kHasZone ? TypeId::kTimestampTz : TypeId::kTimestamp, out, micros);
}

template struct TimestampKind<false>;
template struct TimestampKind<true>;

Fit IntervalKind::parse(const CellBounds& bounds, std::string_view text, Interval& value) {
  const Fit fit = parse_interval(text, value);
  return fit <= Fit::kInexact ? worse(fit, check_fraction(bounds, value.microseconds)) : fit;
}

Fit IntervalKind::from_interval(const CellBounds& bounds, const Interval& source, Interval& value) {
  value = source;
  return check_fraction(bounds, value.microseconds);
}

Fit IntervalKind::from_micros(const CellBounds& bounds, const std::int64_t& source, Interval& value) {
  return from_interval(bounds, {0, 0, source}, value);
}

char* IntervalKind::put_binary(char* out, const Interval& value) {
  out = put_big_endian(out, value.microseconds);
  return put_big_endian(put_big_endian(out, value.days), value.months);
}

char* IntervalKind::put_text(char* out, const Interval& value) {
  return print_as(TypeId::kInterval, out, value);
}

char* UuidKind::put_binary(char* out, const Hugeint& value) {
  out = put_big_endian(out, static_cast<std::uint64_t>(value.high) ^ (std::uint64_t{1} << 63U));
  return put_big_endian(out, value.low);
}

char* UuidKind::put_text(char* out, const Hugeint& value) { return print_as(TypeId::kUuid, out, value); }

Fit BytesKind::parse(const CellBounds&, std::string_view text, Value& value) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return Fit::kMalformed;
  value = {text.substr(2), true};
  if (value.bytes.size() / 2 > kMostFieldBytes) return Fit::kTooLong;
  const bool is_hex = std::ranges::all_of(value.bytes, [](char c) { return hex_value(c) < 16; });
  return is_hex ? Fit::kFits : Fit::kMalformed;
}

Fit BytesKind::from_bytes(const CellBounds&, std::string_view source, Value& value) {
  value = {source, false};
  return source.size() <= kMostFieldBytes ? Fit::kFits : Fit::kTooLong;
}

char* BytesKind::put_binary(char* out, const Value& value) {
  if (!value.is_hex) return TextKind::put_binary(out, value.bytes);
  for (std::size_t at = 0; at < value.bytes.size(); at += 2) {
    *out++ = static_cast<char>(hex_value(value.bytes[at]) << 4U | hex_value(value.bytes[at + 1]));
  }
  return out;
}

char* BytesKind::put_text(char* out, const Value& value) {
  constexpr std::string_view kDigits = "0123456789abcdef", kPrefix = "\\\\x";
  out = std::copy(kPrefix.begin(), kPrefix.end(), out);
  if (value.is_hex) return TextKind::put_binary(out, value.bytes);
  for (const char byte : value.bytes) {
    *out++ = kDigits[static_cast<unsigned char>(byte) >> 4U];
    *out++ = kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return out;
}

Fit TextKind::parse(const CellBounds& bounds, std::string_view text, std::string_view& value) {
  value = text;
  if (text.size() > kMostFieldBytes) return Fit::kTooLong;
  if (std::memchr(text.data(), '\0', text.size()) != nullptr) return Fit::kNulByte;
  const bool may_be_long = bounds.most_characters != 0 && text.size() > bounds.most_characters;
  return may_be_long && count_characters(text) > bounds.most_characters ? Fit::kTooLong : Fit::kFits;
}

char* TextKind::put_text(char* out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        *out++ = '\\';
        *out++ = '\\';
        break;
      case '\n':
        *out++ = '\\';
        *out++ = 'n';
        break;
      case '\r':
        *out++ = '\\';
        *out++ = 'r';
        break;
      case '\t':
        *out++ = '\\';
        *out++ = 't';
        break;
      default:
        *out++ = c;
    }
  }
  return out;
}

}  // namespace osiris::postgres
