#include "postgres/row_collector.h"

#include <mutex>
#include <optional>
#include <vector>

#include "base/error.h"
#include "postgres/copy_buffer.h"

namespace osiris::postgres {

/// The memory of one batch: its rows as they came, and what they are decoded into.
struct RowCollector::Block {
  CopyBuffer bytes;
  std::optional<BatchBuilder> builder;
  std::optional<Batch> columns;
};

/// Where the blocks of batches that are gone wait to be used again.
struct RowCollector::Pool {
  static constexpr std::size_t kMostKept = 4;
  std::mutex mutex;
  std::vector<std::unique_ptr<Block>> free;

  std::unique_ptr<Block> take() {
    const std::lock_guard lock(mutex);
    if (free.empty()) return nullptr;
    std::unique_ptr<Block> block = std::move(free.back());
    free.pop_back();
    return block;
  }
  void give(std::unique_ptr<Block> block) {
    // A huge value's memory is not wanted twice.
    if (block->bytes.size() > Batch::kMaxBytes) return;
    block->columns.reset();
    block->bytes.cut(0);
    const std::lock_guard lock(mutex);
    if (free.size() < kMostKept) free.push_back(std::move(block));
  }
};

/// The rows of one batch.
class RowCollector::Rows : public UndecodedRows {
 public:
  Rows(std::shared_ptr<const RowDecoder> decoder, std::weak_ptr<Pool> pool, std::unique_ptr<Block> block,
       std::size_t row_count, std::uint64_t first_row)
      : decoder_(std::move(decoder)),
        pool_(std::move(pool)),
        block_(std::move(block)),
        rows_{block_->bytes.view(), row_count, first_row} {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() override {
    if (const auto pool = pool_.lock()) pool->give(std::move(block_));
  }

  WireRows wire() const override { return {decoder_->format(), rows_.bytes}; }
  std::uint64_t null_count(std::size_t column) const override {
    const std::lock_guard lock(counting_);
    if (null_counts_.empty()) null_counts_ = decoder_->count_nulls(rows_);
    return null_counts_[column];
  }

 protected:
  std::vector<ColumnView> decode() const override {
    auto& [bytes, builder, decoded] = *block_;
    // One that an unreadable value stopped still has rows.
    if (!builder || builder->row_count() > 0) builder.emplace(decoder_->schema());
    decoder_->decode(rows_, *builder);
    const Batch& columns = decoded.emplace(builder->finish());
    std::vector<ColumnView> views;
    for (std::size_t column = 0; column < columns.column_count(); ++column) {
      views.push_back(columns.column(column));
    }
    return views;
  }

 private:
  std::shared_ptr<const RowDecoder> decoder_;
  std::weak_ptr<Pool> pool_;
  std::unique_ptr<Block> block_;
  BinaryRows rows_;
  mutable std::mutex counting_;
  mutable std::vector<std::uint64_t> null_counts_;
};

RowCollector::RowCollector(std::shared_ptr<const RowDecoder> decoder)
    : decoder_(std::move(decoder)),
      pool_(std::make_shared<Pool>()),
      row_capacity_(BatchBuilder(decoder_->schema()).row_capacity()) {}

RowCollector::~RowCollector() = default;

bool RowCollector::is_full(std::size_t next_row_bytes) const {
  if (row_count_ == 0) return false;
  return row_count_ == row_capacity_ || block_->bytes.size() + next_row_bytes > Batch::kMaxBytes;
}

void RowCollector::append(std::string_view row) {
  if (block_ == nullptr) block_ = pool_->take();
  if (block_ == nullptr) block_ = std::make_unique<Block>();
  char* const at = block_->bytes.room(row.size() + RowDecoder::kReadAhead);
  std::memcpy(at, row.data(), row.size());
  block_->bytes.take(at + row.size());
  ++row_count_;
}

Batch RowCollector::finish() {
  invariant(row_count_ > 0, "a batch has rows");
  const std::size_t row_count = row_count_;
  const std::size_t byte_count = block_->bytes.size();
  auto rows =
      std::make_shared<const Rows>(decoder_, pool_, std::move(block_), row_count, finished_row_count_ + 1);
  finished_row_count_ += row_count;
  row_count_ = 0;
  return {std::move(rows), decoder_->schema().size(), row_count, byte_count};
}

}  // namespace osiris::postgres
