#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace osiris::sqlite {

/// The fewest digits that read back as the same double: "0.1", "1e+300", "inf".
std::string shortest_text(double value);
/// The same without an exponent.
std::string plain_text(double value);

/// The digits of a number without an exponent, zeros at either end left out.
struct DigitCount {
  int whole = 0, fraction = 0;
  int significant = 0;  ///< from the first to the last that is not zero
};
/// Nothing for what is no such number.
std::optional<DigitCount> count_digits(std::string_view text);
/// The number with exactly so many digits after its point. Requires: it has no more but zeros.
std::string with_scale(std::string_view text, int scale);

}  // namespace osiris::sqlite
