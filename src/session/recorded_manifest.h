#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/json.h"

namespace osiris {

/// A step as the manifest that a session ran has it.
struct RecordedStep {
  std::string id;
  Json fields;  ///< component, mode, connection, inputs, after, config, retry, timeout_ms: what there is of
                ///< them
};

/// The steps of the session's manifest, in its order; none where it is missing or damaged.
std::vector<RecordedStep> recorded_steps(const fs::path& folder);

}  // namespace osiris
