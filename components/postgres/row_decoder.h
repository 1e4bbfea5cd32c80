#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/column.h"
#include "table/batch.h"

namespace osiris::postgres {

/// Rows in the binary form of COPY, one after the other.
struct BinaryRows {
  std::string_view bytes;
  std::size_t row_count = 0;
  std::uint64_t first_row = 1;  ///< the first one's place in the whole result
};

/// Turns rows of the server's binary form into columns. Immutable, so it serves several threads.
class RowDecoder {
 public:
  explicit RowDecoder(const std::vector<ColumnPlan>& plans);

  const Schema& schema() const { return schema_; }
  /// See WireRows::format.
  const std::string& format() const { return format_; }

  /// Appends all rows to the builder, whose batch then refers to the bytes.
  ///
  /// Requires: kReadAhead bytes behind the rows are readable; the rows fit the builder.
  /// Errors:   kData "value.out_of_range", "value.malformed" with column and row.
  void decode(const BinaryRows& rows, BatchBuilder& builder) const;
  /// For each column the number of nulls.
  std::vector<std::uint64_t> count_nulls(const BinaryRows& rows) const;

  static constexpr std::size_t kReadAhead = StringRef::kInlined;

 private:
  struct Column {
    Carry carry;
    std::size_t wire_width;  ///< 0: any
  };
  class Appender;

  Schema schema_;
  std::vector<Column> columns_;
  std::string format_;
};

}  // namespace osiris::postgres
