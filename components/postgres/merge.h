#pragma once

#include "load/staged_merge.h"

namespace osiris::postgres {

class Merge final : public StagedMerge {
 public:
  using StagedMerge::StagedMerge;

 protected:
  std::string remove_duplicates() const override;
  Names differences(const Names& columns) const override;
  bool is_same_name(const std::string& a, const std::string& b) const override { return a == b; }
  /// The values of identity columns are the rows' own.
  std::string_view insert_clause() const override { return "OVERRIDING SYSTEM VALUE "; }
  std::string_view insert_order() const override { return ""; }
};

}  // namespace osiris::postgres
