#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "duckdb/type_verdicts.h"
#include "load/load_target.h"
#include "load/table_match.h"
#include "table/batch.h"

namespace osiris::duckdb {

/// Why a value cannot be stored as it is.
enum class Fit : std::uint8_t { kFits, kNull, kMalformed, kOutOfRange, kNotUtf8 };

/// Makes rows of a source into rows as a table's columns have them, exactly; a row with a value that does not
/// fit goes to the policy and is marked as left out.
///
/// Shape: the columns of the match in their order, named c0, c1, …; then _osiris_row, the number of a staged
/// row, and _osiris_keep, whether the row counts.
class RowConverter {
 public:
  RowConverter(const Schema& schema, const TableMatch& match, std::optional<std::uint64_t> first_staged_row);

  const Schema& schema() const { return schema_; }
  /// All rows of the batch; those outside [begin, end) are left out.
  Batch convert(const Batch& batch, std::size_t begin, std::size_t end, RowPolicy& policy);

 private:
  struct Column {
    std::size_t source;
    ColumnType type;  ///< of the source
    TargetColumn target;
    Form form;
  };
  struct Storage;

  ColumnView converted(const Column& column, const Batch& batch, std::vector<std::uint8_t>& keeps,
                       Storage& storage, RowPolicy& policy) const;
  Fit convert_value(const Column& column, std::string_view text, char* value, Storage& storage) const;
  Error misfit(const Column& column, Fit fit, const ColumnView& view, std::size_t row) const;

  std::vector<Column> columns_;
  Schema schema_;
  std::optional<std::uint64_t> next_staged_row_;
};

}  // namespace osiris::duckdb
