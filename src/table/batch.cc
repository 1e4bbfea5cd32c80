#include "table/batch.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"

namespace osiris {

namespace {

constexpr std::size_t kArenaBlock = std::size_t{256} << 10;
/// StringRef::of_kept() may read so far behind a kept value.
constexpr std::size_t kReadAhead = StringRef::kInlined;
constexpr std::size_t kValidityWords = Batch::kMaxRows / 64;

/// Rows that fit a batch whose fixed parts are this wide: 300 columns must not make a 10 MB batch.
std::size_t rows_that_fit(std::size_t row_width) {
  return std::clamp<std::size_t>(Batch::kMaxBytes / 2 / std::max<std::size_t>(row_width, 1), 1,
                                 Batch::kMaxRows);
}

constexpr std::array<std::array<std::uint64_t, 2>, StringRef::kInlined + 1> inlined_masks() {
  std::array<std::array<std::uint64_t, 2>, StringRef::kInlined + 1> masks{};
  for (std::size_t length = 0; length < masks.size(); ++length) {
    for (std::size_t byte = 0; byte < sizeof StringRef::length + length; ++byte) {
      masks[length][byte / 8] |= std::uint64_t{0xff} << (byte % 8 * 8);
    }
  }
  return masks;
}

}  // namespace

const std::array<std::array<std::uint64_t, 2>, StringRef::kInlined + 1> StringRef::kInlinedMasks =
    inlined_masks();

StringRef::StringRef(std::string_view bytes) : length(static_cast<std::uint32_t>(bytes.size())), tail{} {
  if (bytes.empty()) return;
  if (bytes.size() <= kInlined) {
    std::memcpy(reinterpret_cast<char*>(this) + sizeof length, bytes.data(), bytes.size());
    return;
  }
  std::memcpy(prefix, bytes.data(), sizeof prefix);
  pointer = bytes.data();
}

Batch::Batch(std::shared_ptr<const void> storage, std::vector<ColumnView> columns, std::size_t row_count,
             std::size_t byte_count)
    : storage_(std::move(storage)),
      columns_(std::move(columns)),
      column_count_(columns_.size()),
      row_count_(row_count),
      byte_count_(byte_count) {}

Batch::Batch(std::shared_ptr<const UndecodedRows> rows, std::size_t column_count, std::size_t row_count,
             std::size_t byte_count)
    : undecoded_(rows.get()), column_count_(column_count), row_count_(row_count), byte_count_(byte_count) {
  storage_ = std::move(rows);
}

Batch Batch::head(std::size_t row_count) const {
  invariant(row_count >= 1 && row_count <= row_count_, "a batch's head is a part of it");
  return {storage_, undecoded_ == nullptr ? columns_ : undecoded_->columns(), row_count, byte_count_};
}

std::uint64_t Batch::null_count(std::size_t column) const {
  if (undecoded_ != nullptr) return undecoded_->null_count(column);
  const std::uint64_t* const validity = columns_[column].validity;
  if (validity == nullptr) return 0;
  std::uint64_t valid = 0;
  for (std::size_t row = 0; row < row_count_; row += 64) {
    std::uint64_t word = validity[row / 64];
    if (row_count_ - row < 64) word &= (std::uint64_t{1} << (row_count_ - row)) - 1;
    valid += static_cast<std::uint64_t>(std::popcount(word));
  }
  return row_count_ - valid;
}

std::optional<WireRows> Batch::wire() const {
  if (undecoded_ == nullptr) return std::nullopt;
  return undecoded_->wire();
}

// Not std::call_once(): an exception cannot pass through its C function where libgcc is linked statically.
void UndecodedRows::decode_once() const {
  const std::lock_guard lock(decoding_);
  if (is_decoded_.load(std::memory_order_relaxed)) return;
  columns_ = decode();
  is_decoded_.store(true, std::memory_order_release);
}

/// One column under construction. Validity starts as all ones; a null clears its bit.
struct BatchBuilder::Column {
  std::unique_ptr<char[]> values;
  std::array<std::uint64_t, kValidityWords> validity{};
  bool has_nulls = false;
};

struct BatchBuilder::Storage {
  std::vector<Column> columns;
  std::vector<std::unique_ptr<char[]>> blocks;  ///< the arena, each kArenaBlock
  std::vector<std::unique_ptr<char[]>> large;   ///< values larger than a block
  std::size_t block = 0, used = 0;

  void forget_rows() {
    for (Column& column : columns) {
      if (column.has_nulls) column.validity.fill(~std::uint64_t{0});
      column.has_nulls = false;
    }
    large.clear();
    block = used = 0;
  }
};

/// Where the storage of batches that are gone waits to be used again.
struct BatchBuilder::Pool {
  static constexpr std::size_t kMostKept = 4;
  std::mutex mutex;
  std::vector<std::unique_ptr<Storage>> free;
};

BatchBuilder::BatchBuilder(const Schema& schema) : pool_(std::make_shared<Pool>()) {
  for (const ColumnType& column : schema) {
    widths_.push_back(column.encoding == Encoding::kText ? sizeof(StringRef) : native_width(column.type));
    row_width_ += widths_.back();
  }
  row_capacity_ = rows_that_fit(row_width_);
}

BatchBuilder::~BatchBuilder() = default;

void BatchBuilder::renew() {
  {
    const std::lock_guard lock(pool_->mutex);
    if (!pool_->free.empty()) {
      storage_ = std::move(pool_->free.back());
      pool_->free.pop_back();
    }
  }
  if (storage_) {
    storage_->forget_rows();
  } else {
    make_storage();
  }
  values_.clear();
  for (const Column& column : storage_->columns) values_.push_back(column.values.get());
}

void BatchBuilder::make_storage() {
  storage_ = std::make_unique<Storage>();
  storage_->columns.resize(widths_.size());
  for (std::size_t index = 0; index < widths_.size(); ++index) {
    Column& column = storage_->columns[index];
    column.values = std::make_unique_for_overwrite<char[]>(widths_[index] * row_capacity_);
    column.validity.fill(~std::uint64_t{0});
  }
}

void BatchBuilder::append_null(std::size_t column) {
  begin();
  Column& target = storage_->columns[column];
  target.validity[row_count_ / 64] &= ~(std::uint64_t{1} << (row_count_ % 64));
  target.has_nulls = true;
  std::memset(slot(column, widths_[column]), 0, widths_[column]);
}

void BatchBuilder::drop_row() {
  if (storage_ == nullptr) return;
  for (Column& column : storage_->columns) {
    column.validity[row_count_ / 64] |= std::uint64_t{1} << (row_count_ % 64);
  }
}

char* BatchBuilder::arena(std::size_t size) {
  begin();
  arena_bytes_ += size;
  Storage& storage = *storage_;
  if (size > kArenaBlock) {
    storage.large.push_back(std::make_unique_for_overwrite<char[]>(size + kReadAhead));
    return storage.large.back().get();
  }
  if (storage.block < storage.blocks.size() && storage.used + size > kArenaBlock) {
    ++storage.block;
    storage.used = 0;
  }
  if (storage.block == storage.blocks.size()) {
    storage.blocks.push_back(std::make_unique_for_overwrite<char[]>(kArenaBlock + kReadAhead));
  }
  char* const at = storage.blocks[storage.block].get() + storage.used;
  storage.used += size;
  return at;
}

const char* BatchBuilder::keep(std::string_view bytes) {
  char* const copy = arena(bytes.size());
  std::ranges::copy(bytes, copy);
  return copy;
}

void BatchBuilder::append_text(std::size_t column, std::string_view bytes) {
  if (bytes.size() > StringRef::kInlined) bytes = {keep(bytes), bytes.size()};
  append(column, StringRef(bytes));
}

bool BatchBuilder::is_full(std::size_t next_row_bytes) const {
  if (row_count_ == 0) return false;
  const std::size_t bytes = row_width_ * (row_count_ + 1) + arena_bytes_ + next_row_bytes;
  return row_count_ == row_capacity_ || bytes > Batch::kMaxBytes;
}

Batch BatchBuilder::finish() {
  invariant(row_count_ > 0, "a batch has rows");
  std::vector<ColumnView> columns;
  columns.reserve(widths_.size());
  for (const Column& column : storage_->columns) {
    columns.push_back({column.has_nulls ? column.validity.data() : nullptr, column.values.get()});
  }
  const std::size_t byte_count = row_width_ * row_count_ + arena_bytes_;
  // The last owner of the rows gives their memory back to the builder, if it is still there.
  std::shared_ptr<const void> owner(storage_.release(), [pool = std::weak_ptr(pool_)](const void* rows) {
    std::unique_ptr<Storage> storage(static_cast<Storage*>(const_cast<void*>(rows)));
    const auto kept = pool.lock();
    if (!kept) return;
    storage->large.clear();
    const std::lock_guard lock(kept->mutex);
    if (kept->free.size() < Pool::kMostKept) kept->free.push_back(std::move(storage));
  });
  Batch batch(std::move(owner), std::move(columns), row_count_, byte_count);
  row_count_ = 0;
  arena_bytes_ = 0;
  return batch;
}

}  // namespace osiris
