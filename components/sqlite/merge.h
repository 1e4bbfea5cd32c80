#pragma once

#include "load/staged_merge.h"

namespace osiris::sqlite {

/// Wants an index over the staging's key and its rows' numbers.
class Merge final : public StagedMerge {
 public:
  using StagedMerge::StagedMerge;

 protected:
  std::string remove_duplicates() const override;
  Names differences(const Names& columns) const override;
  std::string_view now() const override { return "strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00'"; }
};

}  // namespace osiris::sqlite
