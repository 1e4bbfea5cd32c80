#pragma once

#include "table/type.h"

namespace osiris {

/// 128-bit integers, which the standard does not name.
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

inline Int128 to_int128(const Hugeint& value) {
  return static_cast<Int128>(static_cast<Uint128>(value.high) << 64U | value.low);
}

inline Hugeint to_hugeint(Int128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
}

}  // namespace osiris
