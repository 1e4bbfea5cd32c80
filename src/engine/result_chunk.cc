#include "engine/result_chunk.h"

#include <numeric>

#include "engine/types.h"

namespace osiris {

namespace {

/// The validity bits of `row_count` rows from `first` on, moved to the front.
std::vector<std::uint64_t> moved_bits(const ColumnView& column, std::size_t first, std::size_t row_count) {
  std::vector<std::uint64_t> bits((row_count + 63) / 64);
  for (std::size_t row = 0; row < row_count; ++row) {
    bits[row / 64] |= std::uint64_t{column.is_valid(first + row)} << (row % 64);
  }
  return bits;
}

}  // namespace

/// What keeps a part of a chunk alive: the chunk, and validity bits that had to be moved.
struct ResultChunk::Slice {
  std::shared_ptr<const Chunk> chunk;
  std::vector<std::vector<std::uint64_t>> bits;
};

ResultChunk::ResultChunk(Chunk chunk, const Layout& layout)
    : layout_(&layout),
      chunk_(std::make_shared<const Chunk>(std::move(chunk))),
      row_count_(engine_api().data_chunk_get_size(chunk_->get())) {
  const Api& api = engine_api();
  for (std::size_t index = 0; index < layout.widths.size(); ++index) {
    const duckdb_vector vector = api.data_chunk_get_vector(chunk_->get(), index);
    columns_.push_back({api.vector_get_validity(vector), api.vector_get_data(vector)});
  }
}

/// The bytes of a row: its fixed part, and the text that does not fit inside a StringRef.
std::size_t ResultChunk::row_bytes(std::size_t row) const {
  std::size_t bytes = std::accumulate(layout_->widths.begin(), layout_->widths.end(), std::size_t{0});
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    if (!layout_->is_string[index] || !columns_[index].is_valid(row)) continue;
    const std::size_t length = columns_[index].as<StringRef>()[row].length;
    if (length > StringRef::kInlined) bytes += length;
  }
  return bytes;
}

std::optional<Batch> ResultChunk::next() {
  if (first_ == row_count_) return std::nullopt;
  std::size_t byte_count = row_bytes(first_);
  std::size_t end = first_ + 1;
  for (; end < row_count_; ++end) {
    const std::size_t more = row_bytes(end);
    if (byte_count + more > Batch::kMaxBytes) break;
    byte_count += more;
  }
  const std::size_t first = std::exchange(first_, end);
  if (first == 0 && end == row_count_) return Batch(chunk_, columns_, row_count_, byte_count);

  auto slice = std::make_shared<Slice>(Slice{chunk_, {}});
  std::vector<ColumnView> columns;
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    const ColumnView& whole = columns_[index];
    ColumnView part{nullptr, whole.as<char>() + first * layout_->widths[index]};
    if (whole.validity != nullptr) {
      part.validity = slice->bits.emplace_back(moved_bits(whole, first, end - first)).data();
    }
    columns.push_back(part);
  }
  return Batch(std::move(slice), std::move(columns), end - first, byte_count);
}

ResultChunk::Layout layout_of(const Schema& schema) {
  ResultChunk::Layout layout;
  for (const ColumnType& column : schema) {
    const bool is_text = is_carried_as_text(column.type);
    layout.is_string.push_back(is_text);
    layout.widths.push_back(is_text ? sizeof(StringRef) : native_width(column.type));
  }
  return layout;
}

}  // namespace osiris
