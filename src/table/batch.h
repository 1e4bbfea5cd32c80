#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "table/type.h"

namespace osiris {

/// A text or byte value: up to 12 bytes live inside, longer ones in an arena of the same batch.
/// The layout is that of DuckDB's string type.
struct StringRef {
  static constexpr std::uint32_t kInlined = 12;
  /// For each inlined length the bits of a StringRef that are its length and its text.
  static const std::array<std::array<std::uint64_t, 2>, kInlined + 1> kInlinedMasks;

  std::uint32_t length = 0;
  char prefix[4] = {};  ///< the first bytes, zero-filled; inlined text goes on into `tail`
  union {
    char tail[8];
    const char* pointer;
  };

  StringRef() : tail{} {}
  /// Refers to bytes that must live as long as the batch, unless they fit inside.
  explicit StringRef(std::string_view bytes);
  /// The same, faster: reads kInlined bytes whatever the length. Requires: they are readable, as in what
  /// BatchBuilder::keep() returns.
  static StringRef of_kept(const char* bytes, std::size_t length);
  std::string_view view() const {
    return {length <= kInlined ? reinterpret_cast<const char*>(this) + sizeof length : pointer, length};
  }
};
static_assert(sizeof(StringRef) == 16);

inline StringRef StringRef::of_kept(const char* bytes, std::size_t length) {
  StringRef ref;
  ref.length = static_cast<std::uint32_t>(length);
  std::memcpy(ref.prefix, bytes, sizeof ref.prefix);
  if (length > kInlined) {
    ref.pointer = bytes;
    return ref;
  }
  std::memcpy(ref.tail, bytes + sizeof ref.prefix, sizeof ref.tail);
  auto words = std::bit_cast<std::array<std::uint64_t, 2>>(ref);
  words[0] &= kInlinedMasks[length][0];
  words[1] &= kInlinedMasks[length][1];
  return std::bit_cast<StringRef>(words);
}

/// One column of a batch, read-only.
struct ColumnView {
  const std::uint64_t* validity = nullptr;  ///< bit r is 1 where row r has a value; null: no row is null
  const void* data = nullptr;               ///< row_count values of the column's encoding

  bool is_valid(std::size_t row) const {
    return validity == nullptr || (validity[row / 64] >> (row % 64) & 1U) != 0;
  }
  template <typename T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
  std::string_view text(std::size_t row) const { return as<StringRef>()[row].view(); }
};

/// Rows as a source's wire carries them, one after the other, for a target that takes the same bytes.
struct WireRows {
  std::string_view format;  ///< names the wire and the columns' types on it; equal texts mean equal forms
  std::string_view bytes;
};

/// Rows that become columns when somebody asks for one. Immutable and thread-safe as seen from outside.
class UndecodedRows {
 public:
  virtual ~UndecodedRows() = default;
  virtual WireRows wire() const = 0;
  /// Counts a column's nulls without decoding it.
  virtual std::uint64_t null_count(std::size_t column) const = 0;
  /// All columns, decoded once, alive as long as this object. Errors: as the source's next().
  const std::vector<ColumnView>& columns() const {
    if (!is_decoded()) decode_once();
    return columns_;
  }
  /// Whether somebody asked for a column already.
  bool is_decoded() const { return is_decoded_.load(std::memory_order_acquire); }

 protected:
  /// Decodes into memory that this object owns. Called again only where it threw.
  virtual std::vector<ColumnView> decode() const = 0;

 private:
  void decode_once() const;

  mutable std::mutex decoding_;
  mutable std::atomic<bool> is_decoded_ = false;
  mutable std::vector<ColumnView> columns_;
};

/// Rows in columns: immutable once built, shared when copied.
///
/// Shape: 1 ≤ row_count ≤ kMaxRows; byte_count ≤ kMaxBytes unless a single row is larger.
class Batch {
 public:
  static constexpr std::size_t kMaxRows = 2048;
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

  Batch(std::shared_ptr<const void> storage, std::vector<ColumnView> columns, std::size_t row_count,
        std::size_t byte_count);
  /// Rows that are decoded only where a reader wants columns.
  Batch(std::shared_ptr<const UndecodedRows> rows, std::size_t column_count, std::size_t row_count,
        std::size_t byte_count);

  std::size_t row_count() const { return row_count_; }
  std::size_t byte_count() const { return byte_count_; }
  std::size_t column_count() const { return column_count_; }
  const ColumnView& column(std::size_t index) const {
    return undecoded_ == nullptr ? columns_[index] : undecoded_->columns()[index];
  }
  /// Whether column() is there without decoding anything first.
  bool has_columns() const { return undecoded_ == nullptr || undecoded_->is_decoded(); }
  std::uint64_t null_count(std::size_t column) const;
  /// The rows as they came over the wire; nothing where the batch was built from values.
  std::optional<WireRows> wire() const;
  /// What keeps the columns' memory alive; the engine holds it while it refers to them.
  const std::shared_ptr<const void>& storage() const { return storage_; }
  /// The first rows only. Requires: 1 ≤ row_count ≤ this batch's.
  Batch head(std::size_t row_count) const;

 private:
  std::shared_ptr<const void> storage_;
  const UndecodedRows* undecoded_ = nullptr;  ///< what storage_ keeps alive, where that is not decoded
  std::vector<ColumnView> columns_;           ///< of decoded rows
  std::size_t column_count_, row_count_, byte_count_;
};

/// Builds batches row by row, column by column. Reuses the memory of batches that are gone.
class BatchBuilder {
 public:
  explicit BatchBuilder(const Schema& schema);
  ~BatchBuilder();

  /// Appends to a column of the row under way. Each column gets one value a row, in any order.
  void append_null(std::size_t column);
  /// A StringRef column: text, JSON, bytes, or any type in text encoding. Copies the bytes.
  void append_text(std::size_t column, std::string_view bytes);
  /// Copies bytes that StringRefs of this batch may refer to: a reader that has a whole row in one piece
  /// copies it once, then appends the values as StringRef::of_kept() into the copy.
  const char* keep(std::string_view bytes);
  /// A column of fixed width. Requires: sizeof(T) is the column's width.
  template <typename T>
  void append(std::size_t column, T value) {
    std::memcpy(slot(column, sizeof(T)), &value, sizeof(T));
  }
  /// The same, where only the column's width is known.
  void append_native(std::size_t column, const char* value) {
    std::memcpy(slot(column, widths_[column]), value, widths_[column]);
  }
  void end_row() { ++row_count_; }
  /// Forgets the values of the row under way; the next one takes its place.
  void drop_row();

  std::size_t row_count() const { return row_count_; }
  /// The most rows of a batch: fewer than Batch::kMaxRows where there are hundreds of columns.
  std::size_t row_capacity() const { return row_capacity_; }
  /// Whether the next row belongs into another batch: rows or bytes reached their bound. A reader that
  /// knows the size of the row ahead says so, so that a large value travels alone.
  bool is_full(std::size_t next_row_bytes = 0) const;
  /// Hands the rows over and starts anew. Requires: row_count() > 0.
  Batch finish();

 private:
  struct Storage;
  struct Column;
  struct Pool;

  /// Begins a batch when its first value comes: by then its reader may have let go of the one before, and
  /// the same memory, still in the processor's cache, serves again.
  void begin() {
    if (storage_ == nullptr) renew();
  }
  char* slot(std::size_t column, std::size_t width) {
    begin();
    return values_[column] + row_count_ * width;
  }
  char* arena(std::size_t size);
  void renew();
  void make_storage();

  std::vector<std::size_t> widths_;
  std::size_t row_width_ = 0, row_capacity_ = 0;
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<Storage> storage_;
  std::vector<char*> values_;  ///< where each column of the storage begins
  std::size_t row_count_ = 0;
  std::size_t arena_bytes_ = 0;
};

}  // namespace osiris
