#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// A digest of rows in their order: the same for the same values, however they come in batches. Rows of a
/// wire are taken as their bytes, batch by batch, for decoding them costs more than relaying them.
/// XXH3, 128 bits, a running state for each column. It tells rows apart by accident, not by intent.
class RowDigest {
 public:
  explicit RowDigest(const Schema& schema);
  ~RowDigest();

  /// Adds rows [begin, end).
  void add(const Batch& batch, std::size_t begin, std::size_t end);
  /// Of all rows so far, 32 hex digits.
  std::string text() const;

 private:
  struct State;
  struct Column;

  void add_texts(Column& column, const ColumnView& view, std::size_t begin, std::size_t end);
  void add_fixed(Column& column, const ColumnView& view, std::size_t begin, std::size_t end);

  std::vector<Column> columns_;
  std::unique_ptr<State> wire_;
  std::uint64_t row_count_ = 0;
  std::string buffer_;
};

}  // namespace osiris
