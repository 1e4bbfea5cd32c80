#include "load/row_set_digest.h"

#include <algorithm>
#include <array>
#include <cstring>

#define XXH_INLINE_ALL
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/text.h"
#include "table/wide_integer.h"

namespace osiris {

namespace {

// Chosen: odd numbers without a pattern; what they are makes no difference.
constexpr std::uint64_t kBegin = 0x9e3779b97f4a7c15, kStep = 0xa0761d6478bd642f, kNull = 0xe7037ed1a0b428db,
                        kSecond = 0x8ebc6af09c88c6e3, kWire = 0x589965cc75374cc3;

/// Both halves of a product. Source: the mixing of wyhash, github.com/wangyi-fudan/wyhash.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// The values of one column, mixed into the hashes of their rows.
template <typename Value>
void mix_fixed(const ColumnView& view, std::vector<std::uint64_t>& hashes) {
  const Value* const values = view.as<Value>();
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    const auto value = view.is_valid(row) ? static_cast<std::uint64_t>(values[row]) ^ kStep : kNull;
    hashes[row] = mixed(hashes[row] ^ value, kSecond);
  }
}

/// Values of 16 bytes.
void mix_wide(const ColumnView& view, std::vector<std::uint64_t>& hashes) {
  const auto* const values = view.as<std::array<std::uint64_t, 2>>();
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    const bool is_valid = view.is_valid(row);
    const std::uint64_t low = is_valid ? values[row][0] ^ kStep : kNull, high = is_valid ? values[row][1] : 0;
    hashes[row] = mixed(hashes[row] ^ low, high ^ kSecond);
  }
}

void mix_texts(const ColumnView& view, std::vector<std::uint64_t>& hashes) {
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    std::uint64_t value = kNull;
    if (view.is_valid(row)) {
      const std::string_view text = view.text(row);
      value = XXH3_64bits(text.data(), text.size());
    }
    hashes[row] = mixed(hashes[row] ^ value, kSecond);
  }
}

void mix_column(const ColumnView& view, std::size_t width, std::vector<std::uint64_t>& hashes) {
  switch (width) {
    case 0:
      return mix_texts(view, hashes);
    case 1:
      return mix_fixed<std::uint8_t>(view, hashes);
    case 2:
      return mix_fixed<std::uint16_t>(view, hashes);
    case 4:
      return mix_fixed<std::uint32_t>(view, hashes);
    case 8:
      return mix_fixed<std::uint64_t>(view, hashes);
    default:
      invariant(width == 16, "a value has 1, 2, 4, 8 or 16 bytes");
      return mix_wide(view, hashes);
  }
}

}  // namespace

RowSetDigest::RowSetDigest(const Schema& schema) {
  for (const ColumnType& column : schema) {
    const bool is_text = column.encoding == Encoding::kText || is_string(column.type);
    widths_.push_back(is_text ? 0 : native_width(column.type));
  }
}

void RowSetDigest::count(std::uint64_t hash) {
  sum_ += hash;
  second_sum_ += mixed(hash ^ kStep, kSecond);
}

void RowSetDigest::add(const Batch& batch) {
  row_count_ += batch.row_count();
  if (const auto wire = batch.wire(); wire && !batch.has_columns())
    return count(XXH3_64bits(wire->bytes.data(), wire->bytes.size()) ^ kWire);
  hashes_.assign(batch.row_count(), kBegin);
  for (std::size_t column = 0; column < widths_.size(); ++column)
    mix_column(batch.column(column), widths_[column], hashes_);
  for (const std::uint64_t hash : hashes_) count(hash);
}

std::string RowSetDigest::text() const {
  const std::array<std::uint64_t, 3> all{row_count_, sum_, second_sum_};
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(all.data(), sizeof all));
  return to_hex({reinterpret_cast<const char*>(bytes.digest), sizeof bytes.digest});
}

}  // namespace osiris
