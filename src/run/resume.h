#pragma once

#include <filesystem>

#include "run/run_manifest.h"

namespace osiris {

/// A session that is taken up again: the exact manifest that it ran, and the options that belong to the work,
/// as it was started with them.
struct ResumedRun {
  LoadedManifest manifest;
  RunOptions options;
};

/// Reads what is needed to resume a run. Whatever its status was, resuming it is right: of one that
/// succeeded everything is settled.
/// Errors: kUser "run.not_resumable" for a session that is no run, "run.still_running".
ResumedRun resume_session(const std::filesystem::path& session_folder);

}  // namespace osiris
