#include "duckdb/merge.h"

#include "base/text.h"

namespace osiris::duckdb {

std::string Merge::remove_duplicates() const {
  return cat("DELETE FROM ", staging().quoted,
             " WHERE _osiris_row IN (SELECT _osiris_row FROM (SELECT _osiris_row, "
             "row_number() OVER (PARTITION BY ",
             listed(keys(), "s."), " ORDER BY s._osiris_row DESC) AS place FROM ", staging().quoted,
             " s WHERE ", in_range(), ") WHERE place > 1)");
}

StagedMerge::Names Merge::differences(const Names& columns) const {
  Names conditions;
  for (const std::string& column : columns)
    conditions.push_back(cat("t.", column, " IS DISTINCT FROM s.", column));
  return conditions;
}

}  // namespace osiris::duckdb
