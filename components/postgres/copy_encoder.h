#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/load_target.h"
#include "load/table_match.h"
#include "postgres/cell_kinds.h"
#include "postgres/copy_buffer.h"
#include "table/batch.h"

namespace osiris::postgres {

/// The two formats of COPY … FROM STDIN that rows may be sent in.
enum class CopyFormat : std::uint8_t { kBinary, kText };

/// Columns whose values may be rounded or lose a part: the config key allow_lossy.
using LossyColumns = std::vector<std::string>;

struct CellPlan;
/// Writes one cell, without what stands between cells.
using EncodeCell = Fit (*)(const CellPlan& plan, const ColumnView& column, std::size_t row, CopyBuffer& out);

/// How a column's cells are written.
struct CellPlan {
  EncodeCell encode = nullptr;
  CellBounds bounds;
  ColumnType source;
  std::size_t source_index = 0;
  std::string target;  ///< its type, in the server's words
};

CellPlan plan_cell(const ColumnType& source, const TargetColumn& target, CopyFormat format, bool may_round);

/// Writes rows as the server's COPY takes them: every value exactly, or its row goes to the policy.
class CopyEncoder {
 public:
  /// `first_row_number` numbers the rows in a last column, as a staging table wants it.
  CopyEncoder(const Schema& schema, const TableMatch& match, const LossyColumns& lossy,
              std::optional<std::uint64_t> first_row_number);

  /// Binary, unless a column has a type that only the server itself can read.
  CopyFormat format() const { return format_; }
  /// Appends rows [begin, end) and returns how many the policy did not leave out.
  std::uint64_t encode(const Batch& batch, std::size_t begin, std::size_t end, RowPolicy& policy,
                       CopyBuffer& out);

 private:
  /// The plan of the cell that does not fit, or null.
  template <CopyFormat kFormat>
  const CellPlan* encode_row(std::size_t row, CopyBuffer& out, Fit& fit);

  CopyFormat format_;
  std::vector<CellPlan> plans_;
  std::optional<std::uint64_t> next_row_number_;
  std::vector<ColumnView> views_;  ///< of the batch under way, one for each plan
};

/// The format that rows for these columns need.
CopyFormat copy_format(const TableMatch& match);

}  // namespace osiris::postgres
