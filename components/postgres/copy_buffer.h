#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace osiris::postgres {

/// Writes a number in network byte order and returns the end.
template <std::integral T>
char* put_big_endian(char* out, T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
  if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
  if constexpr (sizeof(T) == 8) bits = __builtin_bswap64(bits);
  std::memcpy(out, &bits, sizeof bits);
  return out + sizeof bits;
}

/// Encoded rows on their way to the server: one piece of memory that grows to what the largest batch needs.
class CopyBuffer {
 public:
  /// Room for so many bytes, behind what is there. take() keeps what was written.
  char* room(std::size_t byte_count) {
    if (capacity_ - size_ < byte_count) grow(byte_count);
    return bytes_.get() + size_;
  }
  void take(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  void append(std::string_view bytes) {
    char* const out = room(bytes.size());
    std::memcpy(out, bytes.data(), bytes.size());
    take(out + bytes.size());
  }

  std::size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  /// Forgets what came after so many bytes.
  void cut(std::size_t size) { size_ = size; }

 private:
  void grow(std::size_t byte_count) {
    const std::size_t wanted = std::bit_ceil(size_ + byte_count);
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace osiris::postgres
