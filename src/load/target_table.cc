#include "load/target_table.h"

#include "base/text.h"

namespace osiris {

const TargetColumn* TargetTable::find(std::string_view column) const {
  for (const TargetColumn& candidate : columns) {
    if (candidate.name == column) return &candidate;
    if (!is_case_sensitive && to_lower(candidate.name) == to_lower(std::string(column))) return &candidate;
  }
  return nullptr;
}

}  // namespace osiris
