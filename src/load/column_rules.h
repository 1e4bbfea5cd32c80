#pragma once

#include "load/target_table.h"
#include "table/type.h"

namespace osiris {

/// What a database's columns can hold of a source's.
class ColumnRules {
 public:
  virtual ~ColumnRules() = default;
  /// The column that create_if_missing and add_columns make for a column of the rows.
  virtual TargetColumn column_for(const ColumnType& source, bool is_key) const = 0;
  virtual Judgement judge(const ColumnType& source, const TargetColumn& target) const = 0;
};

}  // namespace osiris
