#pragma once

#include <cstddef>

namespace osiris {

/// Bytes that come in order.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads at most `size` bytes; 0 is the end.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
};

}  // namespace osiris
