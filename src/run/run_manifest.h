#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/executor.h"
#include "run/run_progress.h"

namespace osiris {

/// A manifest with the text that it was read from.
struct LoadedManifest {
  Manifest manifest;
  std::string text;
  std::string shown_path;  ///< as the user knows it; empty when it was compiled for this run
};

/// Watches a run from outside: all is called in the thread that runs it. By itself it looks at nothing.
class RunObserver {
 public:
  /// The steps as they are at this moment, in the order of the manifest. One thread may ask, until
  /// run_ended() has returned.
  using LookAtSteps = std::function<std::vector<StepProgress>()>;

  virtual ~RunObserver() = default;
  virtual void run_started(const Session&, const LookAtSteps&) {}
  /// Of a run elsewhere: what is done that is no step of it, "uploading 6 MB"; empty while the steps run.
  virtual void phase_began(const std::string&) {}
  virtual void run_ended(const RunOutcome&) {}
};

/// What a run came to.
struct RunReport {
  std::string session_id;
  std::filesystem::path session_folder;
  RunOutcome outcome;
  int exit_code = 0;
  std::int64_t duration_ms = 0;
  SessionTally tally;
};

/// Keeps the exact text that runs in the session; a pipeline that was compiled for this run also has it where
/// compile puts it. Returns the manifest's path as the user knows it.
std::string keep_manifest(const LoadedManifest& loaded, const Session& session, const Project& project);
/// What a run's first event says. `execution`: local, e2b.
RunStart start_of(const LoadedManifest& loaded, const std::string& manifest_path, const RunOptions& options,
                  const std::string& execution);

/// Ends the session with the report's outcome, and sums it up in the report.
void end_run(Session& session, const Manifest& manifest, std::int64_t begin_us, RunReport& report);

/// Runs a manifest in a session of its own. `cancellation` stops it, if one is given; else interrupts and
/// the wish to terminate do.
/// Returns for every end of a run; throws only what kept the session from being made, and
/// kUser "run.already_running".
RunReport run_manifest(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                       const RunOptions& options, RunObserver& observer,
                       Cancellation* cancellation = nullptr);

}  // namespace osiris
