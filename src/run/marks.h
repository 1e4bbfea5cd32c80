#pragma once

#include <string>
#include <vector>

#include "compile/manifest.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// The mark of an incremental step, and where it is kept: with the rows in their target, or, where that
/// cannot keep it, in the project's state.
struct KeptMark {
  std::string step;
  std::string cursor_column;
  std::string place;  ///< "@postgres.main", ".osiris/state.sqlite"
  std::optional<Mark> mark;
};

/// Requires: the step is incremental. Errors: those of connecting to the target.
KeptMark find_mark(const Manifest& manifest, const ManifestStep& extractor, const Project& project,
                   const Registry& registry, Cancellation& cancellation);
/// The next run of the step reads from the beginning. Requires and errors: as find_mark().
void forget_mark(const Manifest& manifest, const ManifestStep& extractor, const Project& project,
                 const Registry& registry, Cancellation& cancellation);

}  // namespace osiris
