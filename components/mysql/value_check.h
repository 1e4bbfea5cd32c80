#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace osiris::mysql {

/// Whether a value can be stored as it is.
enum class Fit : std::uint8_t { kFits, kNull, kMalformed, kOutOfRange, kTooLong, kNotUtf8 };

/// What must hold for a value's text, so that the server neither rounds nor cuts nor guesses: even in strict
/// mode it takes '1.5' for an INT and drops decimals without a word.
struct ValueCheck {
  enum class Rule : std::uint8_t {
    kNone,
    kInteger,     ///< between `least` and `most`, nothing but zeros after a point
    kYear,        ///< 0, or between `least` and `most`
    kDecimal,     ///< `whole_digits` before the point, `fraction_digits` after it
    kFloating,    ///< a number, not infinite, with `fraction_digits` after the point
    kDate,        ///< a day of the years 0 to 9999, or a zero date
    kTimestamp,   ///< a moment without a zone; in the years of a TIMESTAMP where `is_epoch`
    kTime,        ///< up to 838:59:59 either way
    kCharacters,  ///< at most `most` characters
    kBytes,       ///< between `least` and `most` bytes
  };

  Rule rule = Rule::kNone;
  std::int64_t least = 0;
  std::uint64_t most = 0;
  int whole_digits = 0, fraction_digits = 0;
  bool is_unsigned = false;          ///< kDecimal
  bool is_single = false;            ///< kFloating: a float, not a double
  bool refuses_rounding = false;     ///< kFloating: digits that it cannot give back
  bool is_epoch = false;             ///< kTimestamp
  bool refuses_end_blanks = false;   ///< kCharacters: CHAR gives its values back without them
  bool refuses_other_bytes = false;  ///< kCharacters, kBytes: what is not UTF-8

  Fit operator()(std::string_view text) const;
};

/// Microseconds since 1970-01-01T00:00:00Z of a moment, whose zone, where it has one, is taken off; nothing
/// for what is not one.
std::optional<std::int64_t> utc_microseconds(std::string_view text);
/// Whether a moment's text names its zone: "Z", "+02", "-05:30".
bool has_zone(std::string_view text);

}  // namespace osiris::mysql
