#include "filesystem/row_formatter.h"

#include <algorithm>
#include <cstring>

namespace osiris::filesystem {

namespace {

constexpr std::size_t kInitialBytes = std::size_t{64} << 10;
/// A buffer that grew beyond this gives its memory back once it is empty.
constexpr std::size_t kMostKeptBytes = std::size_t{4} << 20;

}  // namespace

void OutputBuffer::grow(std::size_t kept, std::size_t count) {
  const std::size_t capacity = std::max({kInitialBytes, capacity_ * 2, kept + count});
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (kept > 0) std::memcpy(larger.get(), bytes_.get(), kept);
  bytes_ = std::move(larger);
  capacity_ = capacity;
}

void OutputBuffer::append(std::string_view bytes) {
  char* const at = make_room(end(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), at);
  size_ += bytes.size();
}

void OutputBuffer::clear() {
  size_ = 0;
  if (capacity_ <= kMostKeptBytes) return;
  bytes_.reset();
  capacity_ = 0;
}

}  // namespace osiris::filesystem
