// What a text says, read exactly. Each function gives a value with Fit::kFits, or one that is rounded with
// Fit::kInexact; with any other answer there is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "table/type.h"

namespace osiris::postgres {

/// Whether a value fits where it has to go.
enum class Fit : std::uint8_t {
  kFits,
  kInexact,  ///< only when it is rounded or loses a part
  kMalformed,
  kOutOfRange,
  kTooLong,
  kNulByte,
  kNotUtf8,
};

/// A number's text taken apart; refers to it.
struct DecimalText {
  enum class Kind : std::uint8_t { kFinite, kNan, kInfinity };
  Kind kind = Kind::kFinite;
  bool is_negative = false;
  std::string_view whole;     ///< digits before the point, without zeros in front
  std::string_view fraction;  ///< digits after it
  std::int64_t exponent = 0;
};

Fit parse_decimal(std::string_view text, DecimalText& value);
/// The same number without an exponent. Errors: kOutOfRange for one beyond what a numeric holds.
Fit expand_exponent(const DecimalText& value, std::string& plain);

/// Any number that is whole: "12", "1.20e1".
Fit parse_whole_number(std::string_view text, std::int64_t& value);
/// kInexact where the type does not keep all digits.
Fit parse_float(std::string_view text, double& value);
Fit parse_float(std::string_view text, float& value);
/// true, t, 1, false, f, 0, in either case.
Fit parse_boolean(std::string_view text, bool& value);

/// Days since 1970, the largest value and its negative for the infinities: the native form of a date. Years
/// BC have " BC" or " (BC)" after.
Fit parse_date(std::string_view text, std::int32_t& days);
/// Microseconds since midnight. A fraction finer than that is kInexact.
Fit parse_time(std::string_view text, std::int64_t& micros);
/// Microseconds since 1970. Without a zone it is UTC; a date alone is its midnight. A zone that is given to a
/// type without one is kInexact.
Fit parse_timestamp(std::string_view text, bool takes_zone, std::int64_t& micros);
/// "1 year 2 mons -3 days +04:05:06.5", "-838:59:59".
Fit parse_interval(std::string_view text, Interval& value);
/// With and without dashes.
Fit parse_uuid(std::string_view text, Hugeint& value);

}  // namespace osiris::postgres
