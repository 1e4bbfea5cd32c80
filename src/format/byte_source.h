#pragma once

#include <cstddef>
#include <string_view>

namespace osiris {

/// Bytes that come in order.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads at most `size` bytes; 0 is the end.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
};

/// Bytes that are there already. Requires: they outlive it.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : left_(bytes) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = left_.copy(buffer, size);
    left_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view left_;
};

}  // namespace osiris
