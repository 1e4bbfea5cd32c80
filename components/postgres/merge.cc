#include "postgres/merge.h"

#include "base/text.h"

namespace osiris::postgres {

std::string Merge::remove_duplicates() const {
  return cat("DELETE FROM ", staging().quoted, " t USING (SELECT ", listed(keys(), "s."),
             ", max(s._osiris_row) AS last FROM ", staging().quoted, " s WHERE ", in_range(), " GROUP BY ",
             listed(keys(), "s."), " HAVING count(*) > 1) s WHERE ", same_key("t"),
             " AND t._osiris_row < s.last AND t._osiris_row >= ", staging().begin);
}

/// Compares the bytes of the rows, so that every type can be compared and every change counts.
StagedMerge::Names Merge::differences(const Names& columns) const {
  return {cat("ROW(", listed(columns, "t."), ")::record *<> ROW(", listed(columns, "s."), ")::record")};
}

}  // namespace osiris::postgres
