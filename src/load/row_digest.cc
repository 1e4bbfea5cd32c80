#include "load/row_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

namespace osiris {

struct RowDigest::State {
  XXH3_state_t running{};

  State() { XXH3_128bits_reset(&running); }
  void add(const void* bytes, std::size_t size) { XXH3_128bits_update(&running, bytes, size); }
  XXH128_hash_t value() const { return XXH3_128bits_digest(&running); }
};

struct RowDigest::Column {
  std::size_t width;              ///< bytes of a value; 0: StringRef
  std::unique_ptr<State> values;  ///< nulls are zeros, or empty texts
  std::unique_ptr<State> nulls;   ///< the numbers of their rows
};

RowDigest::RowDigest(const Schema& schema) : wire_(std::make_unique<State>()) {
  for (const ColumnType& column : schema) {
    const bool is_text = column.encoding == Encoding::kText || is_string(column.type);
    columns_.push_back(
        {is_text ? 0 : native_width(column.type), std::make_unique<State>(), std::make_unique<State>()});
  }
}

RowDigest::~RowDigest() = default;

void RowDigest::add(const Batch& batch, std::size_t begin, std::size_t end) {
  const bool is_whole = begin == 0 && end == batch.row_count();
  if (const auto wire = batch.wire(); wire && is_whole) {
    wire_->add(wire->bytes.data(), wire->bytes.size());
  } else {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
      Column& column = columns_[index];
      const ColumnView& view = batch.column(index);
      for (std::size_t row = begin; row < end; ++row) {
        const std::uint64_t number = row_count_ + (row - begin);
        if (!view.is_valid(row)) column.nulls->add(&number, sizeof number);
      }
      column.width == 0 ? add_texts(column, view, begin, end) : add_fixed(column, view, begin, end);
    }
  }
  row_count_ += end - begin;
}

/// Each as its length, then its bytes.
void RowDigest::add_texts(Column& column, const ColumnView& view, std::size_t begin, std::size_t end) {
  std::size_t size = 0;
  for (std::size_t row = begin; row < end; ++row) {
    size += sizeof(std::uint32_t) + (view.is_valid(row) ? view.text(row).size() : 0);
  }
  if (buffer_.size() < size) buffer_.resize(size);
  char* at = buffer_.data();
  for (std::size_t row = begin; row < end; ++row) {
    const std::string_view text = view.is_valid(row) ? view.text(row) : std::string_view();
    const auto length = static_cast<std::uint32_t>(text.size());
    std::memcpy(at, &length, sizeof length);
    at = std::copy(text.begin(), text.end(), at + sizeof length);
  }
  column.values->add(buffer_.data(), size);
}

/// As they lie there; what lies under a null says nothing.
void RowDigest::add_fixed(Column& column, const ColumnView& view, std::size_t begin, std::size_t end) {
  const std::size_t size = (end - begin) * column.width;
  const char* const values = view.as<char>() + begin * column.width;
  if (view.validity == nullptr) return column.values->add(values, size);
  buffer_.assign(values, size);
  for (std::size_t row = begin; row < end; ++row) {
    if (!view.is_valid(row)) std::memset(buffer_.data() + (row - begin) * column.width, 0, column.width);
  }
  column.values->add(buffer_.data(), size);
}

std::string RowDigest::text() const {
  State whole;
  const auto include = [&](const State& part) {
    const XXH128_hash_t hash = part.value();
    whole.add(&hash, sizeof hash);
  };
  include(*wire_);
  for (const Column& column : columns_) {
    include(*column.values);
    include(*column.nulls);
  }
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, whole.value());
  return to_hex({reinterpret_cast<const char*>(bytes.digest), sizeof bytes.digest});
}

}  // namespace osiris
