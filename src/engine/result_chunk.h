// Private to src/engine.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/api.h"
#include "table/batch.h"

namespace osiris {

/// The rows of one chunk of a result as batches that refer to its memory.
///
/// Shape: one batch, unless the chunk holds more than Batch::kMaxBytes.
class ResultChunk {
 public:
  /// `widths` are the bytes of one value of each column; 16 for a StringRef, as `is_string` says.
  struct Layout {
    std::vector<std::size_t> widths;
    std::vector<bool> is_string;
  };

  ResultChunk(Chunk chunk, const Layout& layout);

  /// Nothing when all rows were handed over.
  std::optional<Batch> next();

 private:
  struct Slice;

  std::size_t row_bytes(std::size_t row) const;

  const Layout* layout_;
  std::shared_ptr<const Chunk> chunk_;
  std::vector<ColumnView> columns_;
  std::size_t row_count_;
  std::size_t first_ = 0;
};

/// Of a query's result that is read into these columns.
ResultChunk::Layout layout_of(const Schema& schema);

}  // namespace osiris
