#pragma once

#include <cstdint>
#include <string_view>

namespace osiris {

/// What becomes of a column's values on their way into a column of another type.
enum class Verdict : std::uint8_t {
  kExact,     ///< every value arrives as it is, in a type of the same range
  kWidening,  ///< every value arrives as it is, in a type with more room
  kChecked,   ///< a value that would not arrive as it is, is refused
  kLossy,     ///< values may be rounded, cut or lose a part of their meaning
};

/// exact, widening, checked, lossy.
std::string_view to_string(Verdict verdict);

}  // namespace osiris
