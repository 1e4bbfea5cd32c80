#include "sqlite/merge.h"

#include "base/text.h"

namespace osiris::sqlite {

std::string Merge::remove_duplicates() const {
  return cat("DELETE FROM ", staging().quoted, " AS s WHERE ", in_range(), " AND EXISTS (SELECT 1 FROM ",
             staging().quoted, " AS later WHERE ", same_key("later"),
             " AND later._osiris_row > s._osiris_row AND later._osiris_row < ", staging().end, ")");
}

/// By value and by storage class, for 1 and 1.0 are equal and not the same.
StagedMerge::Names Merge::differences(const Names& columns) const {
  Names conditions;
  for (const std::string& column : columns) {
    conditions.push_back(cat("t.", column, " IS NOT s.", column, " COLLATE BINARY OR typeof(t.", column,
                             ") <> typeof(s.", column, ")"));
  }
  return conditions;
}

}  // namespace osiris::sqlite
