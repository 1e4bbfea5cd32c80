#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// A digest of rows in their order: the same for the same values, however they come in batches.
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

  void add_strings(const ColumnView& column, std::size_t begin, std::size_t end);
  void add_fixed(const ColumnView& column, std::size_t width, std::size_t begin, std::size_t end);

  std::vector<std::size_t> widths_;  ///< bytes of a value; 0: StringRef
  std::vector<std::unique_ptr<State>> states_;
  std::string buffer_;
};

}  // namespace osiris
