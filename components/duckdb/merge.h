#pragma once

#include "load/staged_merge.h"

namespace osiris::duckdb {

class Merge final : public StagedMerge {
 public:
  using StagedMerge::StagedMerge;

 protected:
  std::string remove_duplicates() const override;
  Names differences(const Names& columns) const override;
};

}  // namespace osiris::duckdb
