#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "postgres/row_decoder.h"
#include "table/batch.h"

namespace osiris::postgres {

/// Gathers rows in the server's binary form into batches that are decoded where somebody reads a column.
/// Reuses the memory of batches that are gone.
class RowCollector {
 public:
  explicit RowCollector(std::shared_ptr<const RowDecoder> decoder);
  ~RowCollector();

  bool is_empty() const { return row_count_ == 0; }
  /// Whether the next row belongs into another batch; a large one travels alone.
  bool is_full(std::size_t next_row_bytes) const;
  /// Copies a row: the number of its columns, and for each its length and its bytes.
  void append(std::string_view row);
  /// Hands the rows over and starts anew. Requires: !is_empty().
  Batch finish();

 private:
  struct Block;
  struct Pool;
  class Rows;

  std::shared_ptr<const RowDecoder> decoder_;
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<Block> block_;
  std::size_t row_capacity_;
  std::size_t row_count_ = 0;
  std::uint64_t finished_row_count_ = 0;
};

}  // namespace osiris::postgres
