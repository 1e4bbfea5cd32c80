#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "compile/manifest.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris {

/// What one step would do.
struct PlannedStep {
  const ManifestStep* step = nullptr;
  Preview preview;
  std::string server;          ///< product and version, where a connection was opened
  std::optional<Error> error;  ///< what would keep it from running
};

/// What a run would do, without doing it: connections are opened read-only, nothing is written.
struct Plan {
  std::vector<PlannedStep> steps;  ///< in the order of the run
  bool has_errors() const;
};

/// Errors: kUser "run.cancelled"; everything else is told with its step.
Plan make_plan(const Manifest& manifest, const Project& project, const Registry& registry,
               Cancellation& cancellation);

Json to_json(const Plan& plan, const Manifest& manifest);

}  // namespace osiris
