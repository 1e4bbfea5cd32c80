#pragma once

#include <string>

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// What the systems of a draft say of it. Each source prepares its SQL, each target looks at what would come:
/// connections are opened read-only, nothing is read or written.
struct DraftTrial {
  Json plan;            ///< as the tool plan has it
  Json problems;        ///< array of {code, message, hint, step}: what the draft's author can mend
  std::string summary;  ///< for a person: what it reads and writes, a line each
};

/// Requires: the draft compiles. A system that cannot be reached is no problem of the draft; the summary says
/// so.
DraftTrial try_draft(const std::string& text, const std::string& path, const Project& project,
                     const Registry& registry, Cancellation& cancellation);

/// The lines of a plan as JSON for a person: "read: reads table orders (about 6 rows)".
std::string plan_summary(const Json& plan);

}  // namespace osiris
