#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compile/manifest.h"
#include "component/registry.h"
#include "project/project.h"
#include "run/run_options.h"
#include "run/step_run.h"
#include "session/session.h"

namespace osiris {

/// How a run ended.
struct RunOutcome {
  SessionStatus status = SessionStatus::kSuccess;
  std::optional<Error> error;  ///< the first failure
  /// A step did not come back in time after a request to stop: its thread still runs, and only the end of
  /// the process will end it.
  bool has_stuck_threads = false;
};

/// Runs a manifest: one group of connected steps after the other, or several at once; within a group, one
/// thread for each step that nobody reads and for each stream that several steps read. Rows are pulled
/// from the end, so a chain of steps is one loop; a stream with several readers goes through bounded
/// queues. See docs/adr/0002-chains.md. A group whose writers have all committed in the run that is
/// resumed is settled without reading a row.
class Executor {
 public:
  /// Errors: kUser "manifest.unknown_component", "connection.…", "run.limit_replaces". Every connection is
  /// resolved here, and told as an event, before anything is opened.
  Executor(const Manifest& manifest, const Project& project, const Registry& registry, Session& session,
           RunOptions options);
  ~Executor();

  /// Runs to the end. After request_stop() it returns within a second.
  RunOutcome run();
  /// Asks the run to stop; from any thread.
  void request_stop();

  std::vector<const StepRun*> steps() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace osiris
