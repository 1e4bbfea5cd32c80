#pragma once

#include <cstddef>
#include <vector>

#include "component/component.h"
#include "load/column_rules.h"
#include "load/load_options.h"

namespace osiris {

/// A column of the rows and the column of the table that it goes into.
struct MatchedColumn {
  std::size_t source = 0;  ///< index in the schema
  TargetColumn target;
  Judgement judgement;
  bool is_added = false;  ///< the load makes this column (add_columns)
};

/// Which column goes where. In the order of the source's columns.
struct TableMatch {
  std::vector<MatchedColumn> columns;
  std::vector<std::string> ignored;    ///< columns of the rows that have no place (ignore_extra)
  std::optional<TargetColumn> marker;  ///< the deleted_at column, where the load makes it
};

/// Matches by name, by the schema policy. `table` is the table as it is, or as create_if_missing would make
/// it.
///
/// Errors: kUser "load.unknown_column" (a column of the rows that the table has not; with a suggestion),
/// "load.duplicate_column" (two columns of the rows for one of the table), "load.generated_column",
/// "load.required_column" (NOT NULL, no default, and not in the rows), "load.lossy" (every lossy pair that
/// allow_lossy does not name), "load.unknown_option_column" (allow_lossy or primary_key names no column),
/// "load.no_unique_key" (upsert without a unique key over exactly primary_key), "load.cascades" (replace, or
/// delete_missing: hard, would take rows of other tables along), "load.not_transactional".
TableMatch match_table(const Schema& schema, const TargetTable& table, const LoadOptions& options,
                       const ColumnRules& rules);
/// The same, for a plan.
std::vector<ColumnMove> column_moves(const Schema& schema, const TableMatch& match);

/// Gives a table that is not there yet the columns that create_if_missing makes for these rows.
TargetTable new_table(TargetTable unmade, const Schema& schema, const LoadOptions& options,
                      const ColumnRules& rules);
/// The column that delete_missing: soft sets, where it has to be made.
TargetColumn deleted_at_column(const LoadOptions& options, const ColumnRules& rules);

}  // namespace osiris
