#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace osiris::postgres {

/// Reads a number as the protocol has it, highest byte first.
template <std::integral T>
T load_big_endian(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (sizeof value == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof value == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof value == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  return value;
}

}  // namespace osiris::postgres
