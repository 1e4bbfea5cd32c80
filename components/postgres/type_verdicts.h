#pragma once

#include "load/target_table.h"
#include "table/type.h"

namespace osiris::postgres {

/// What becomes of a source's column in a column of a table. WRITE_TYPES.md lists the pairs.
Judgement judge(const ColumnType& source, const TargetColumn& target);

/// The column that is made for a source's column: of its own type where that is one of the server's, else
/// of one that takes every value.
TargetColumn column_for(const ColumnType& source, bool is_key);

}  // namespace osiris::postgres
