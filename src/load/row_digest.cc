#include "load/row_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::uint32_t kNullLength = ~std::uint32_t{0};

}  // namespace

struct RowDigest::State {
  XXH3_state_t value{};
  State() { XXH3_128bits_reset(&value); }
};

RowDigest::RowDigest(const Schema& schema) {
  for (const ColumnType& column : schema) {
    const bool is_text = column.encoding == Encoding::kText || is_string(column.type);
    widths_.push_back(is_text ? 0 : native_width(column.type));
    states_.push_back(std::make_unique<State>());
  }
}

RowDigest::~RowDigest() = default;

void RowDigest::add(const Batch& batch, std::size_t begin, std::size_t end) {
  for (std::size_t column = 0; column < widths_.size(); ++column) {
    buffer_.clear();
    if (widths_[column] == 0) {
      add_strings(batch.column(column), begin, end);
    } else {
      add_fixed(batch.column(column), widths_[column], begin, end);
    }
    XXH3_128bits_update(&states_[column]->value, buffer_.data(), buffer_.size());
  }
}

/// Each as its length, then its bytes.
void RowDigest::add_strings(const ColumnView& column, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const bool is_valid = column.is_valid(row);
    const std::string_view text = is_valid ? column.text(row) : std::string_view();
    const std::uint32_t length = is_valid ? static_cast<std::uint32_t>(text.size()) : kNullLength;
    buffer_.append(reinterpret_cast<const char*>(&length), sizeof length);
    buffer_.append(text);
  }
}

/// Each as a byte that says whether there is a value, then the value; what lies under a null says nothing.
void RowDigest::add_fixed(const ColumnView& column, std::size_t width, std::size_t begin, std::size_t end) {
  const char* const values = column.as<char>();
  for (std::size_t row = begin; row < end; ++row) {
    const bool is_valid = column.is_valid(row);
    buffer_ += is_valid ? '\1' : '\0';
    if (is_valid) buffer_.append(values + row * width, width);
  }
}

std::string RowDigest::text() const {
  XXH3_state_t whole;
  XXH3_128bits_reset(&whole);
  for (const auto& state : states_) {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state->value);
    XXH3_128bits_update(&whole, &hash, sizeof hash);
  }
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&whole));
  return to_hex({reinterpret_cast<const char*>(bytes.digest), sizeof bytes.digest});
}

}  // namespace osiris
