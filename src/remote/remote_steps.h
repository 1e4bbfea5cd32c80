#pragma once

#include <mutex>
#include <vector>

#include "compile/manifest.h"
#include "component/registry.h"
#include "run/run_progress.h"

namespace osiris::remote {

/// The steps of a run elsewhere, as its events and measurements tell them. Thread-safe.
class RemoteSteps {
 public:
  RemoteSteps(const Manifest& manifest, const Registry& registry);

  /// A line of the session there.
  void take(const Json& line);
  /// All steps, in the order of the manifest.
  std::vector<StepProgress> look();

 private:
  struct Watched {
    StepProgress seen;
    Pace pace;
    std::int64_t started_us = 0;
  };
  Watched* find(const std::string& step_id);

  std::mutex mutex_;
  std::vector<Watched> steps_;
};

}  // namespace osiris::remote
