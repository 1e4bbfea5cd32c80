#pragma once

#include <optional>
#include <vector>

#include "load/load_options.h"
#include "load/load_target.h"
#include "load/table_match.h"

namespace osiris {

/// The table of a load and which column goes where, before anything is changed.
struct LoadPlan {
  TargetTable table;  ///< as it is, or as it will be made
  bool makes_table = false;
  TableMatch match;

  /// Columns that the table lacks and the load makes.
  std::vector<TargetColumn> new_columns() const;
};

/// Nothing where create_if_missing makes the table. Errors: kUser "load.missing_table".
std::optional<TargetTable> find_load_table(const LoadOptions& options, LoadTarget& target);

/// Errors: as find_load_table() and match_table().
LoadPlan plan_load(const Schema& schema, const LoadOptions& options, LoadTarget& target);

/// Makes the table, or the columns that it lacks, and looks again at what is there then.
void change_table(LoadPlan& plan, const Schema& schema, const LoadOptions& options, LoadTarget& target);

}  // namespace osiris
