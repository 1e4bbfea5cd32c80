#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace osiris {

/// A line of a text. The view is valid until the next call of TextLines::next().
struct TextLine {
  std::string_view text;          ///< without its line feed
  std::uint64_t line = 0;         ///< from 1
  std::uint64_t byte_offset = 0;  ///< from 0
};

/// Splits text into lines while it is read. A byte order mark at the start is passed over.
/// Errors: kData "line.too_long".
class TextLines {
 public:
  using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

  TextLines(ReadBytes read, std::size_t max_line_bytes, std::size_t block_bytes = kBlockBytes);

  /// The next line, or nothing at the end.
  std::optional<TextLine> next();
  /// Where the next line begins in the text.
  std::uint64_t next_offset() const { return offset_; }

 private:
  bool read_more();

  ReadBytes read_;
  std::size_t max_line_bytes_, block_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool is_at_end_ = false;
  std::uint64_t line_ = 0, offset_ = 0;
};

}  // namespace osiris
