#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// A digest of rows whatever their order: the same for the same rows, however often each comes, and however
/// they come in batches. Rows that nobody decoded count by the bytes of their batch, for decoding them costs
/// more than relaying them. It tells rows apart by accident, not by intent.
class RowSetDigest {
 public:
  explicit RowSetDigest(const Schema& schema);

  void add(const Batch& batch);
  /// Of all rows so far, 32 hex digits.
  std::string text() const;

 private:
  void count(std::uint64_t hash);

  std::vector<std::size_t> widths_;    ///< bytes of a column's values; 0: StringRef
  std::vector<std::uint64_t> hashes_;  ///< of the rows of a batch
  std::uint64_t sum_ = 0, second_sum_ = 0, row_count_ = 0;
};

}  // namespace osiris
