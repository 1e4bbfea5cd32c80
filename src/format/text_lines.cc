#include "format/text_lines.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "format/csv.h"

namespace osiris {

TextLines::TextLines(ReadBytes read, std::size_t max_line_bytes, std::size_t block_bytes)
    : read_(std::move(read)), max_line_bytes_(max_line_bytes), block_bytes_(block_bytes) {
  while (end_ < kByteOrderMark.size() && read_more()) {
  }
  if (!std::string_view(buffer_.get(), end_).starts_with(kByteOrderMark)) return;
  begin_ = kByteOrderMark.size();
  offset_ = kByteOrderMark.size();
}

std::optional<TextLine> TextLines::next() {
  std::size_t searched = begin_;
  for (;;) {
    const char* const from = buffer_.get() + searched;
    const auto* const found = static_cast<const char*>(std::memchr(from, '\n', end_ - searched));
    if (found == nullptr && !is_at_end_) {
      const std::size_t length = end_ - begin_;
      read_more();
      searched = begin_ + length;
      continue;
    }
    if (found == nullptr && begin_ == end_) return std::nullopt;
    const std::size_t line_end = found == nullptr ? end_ : static_cast<std::size_t>(found - buffer_.get());
    const std::size_t next = found == nullptr ? end_ : line_end + 1;
    const TextLine line{{buffer_.get() + begin_, line_end - begin_}, ++line_, offset_};
    offset_ += next - begin_;
    begin_ = next;
    return line;
  }
}

/// Appends a block behind what is not handed out yet, which moves to the buffer's front. A line that fills
/// the buffer doubles it; after it the buffer is small again.
bool TextLines::read_more() {
  if (is_at_end_) return false;
  const std::size_t kept = end_ - begin_;
  if (kept > max_line_bytes_) {
    throw Error(
        ErrorKind::kData, "line.too_long",
        cat("line ", line_ + 1, ", byte ", offset_, ", is longer than ", human_bytes(max_line_bytes_)),
        "check that the file has a row a line, or raise max_row_size");
  }
  const std::size_t wanted = std::max(block_bytes_, std::bit_ceil(kept + 1));
  if (wanted != capacity_) {
    auto other = std::make_unique_for_overwrite<char[]>(wanted);
    if (kept > 0) std::memcpy(other.get(), buffer_.get() + begin_, kept);
    buffer_ = std::move(other);
    capacity_ = wanted;
  } else if (begin_ > 0 && kept > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, kept);
  }
  begin_ = 0;
  end_ = kept;
  const std::size_t count = read_(buffer_.get() + end_, capacity_ - end_);
  end_ += count;
  is_at_end_ = count == 0;
  return !is_at_end_;
}

}  // namespace osiris
