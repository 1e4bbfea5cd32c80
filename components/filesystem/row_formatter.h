#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "table/batch.h"

namespace osiris::filesystem {

/// Bytes on their way to a file. The room ahead is not initialised, so that making it costs nothing.
class OutputBuffer {
 public:
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  char* end() { return bytes_.get() + size_; }
  /// Makes room for `count` bytes at `at`, keeps those before it, and returns where `at` is now.
  char* make_room(const char* at, std::size_t count) {
    const auto kept = static_cast<std::size_t>(at - bytes_.get());
    if (capacity_ - kept < count) grow(kept, count);
    return bytes_.get() + kept;
  }
  /// Takes over the bytes that were written up to `end`.
  void set_end(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  void append(std::string_view bytes);
  /// Forgets the bytes; gives memory back when a large value made the buffer grow.
  void clear();

 private:
  void grow(std::size_t kept, std::size_t count);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

/// Writes rows as the text of one file.
class RowFormatter {
 public:
  virtual ~RowFormatter() = default;
  /// What stands above the rows, if anything.
  virtual void append_header(OutputBuffer& out) = 0;
  /// The rows from `first` to before `last`.
  virtual void append_rows(OutputBuffer& out, const Batch& batch, std::size_t first, std::size_t last) = 0;
};

}  // namespace osiris::filesystem
