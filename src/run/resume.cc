#include "run/resume.h"

#include "base/text.h"
#include "session/session_files.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

ResumedRun resume_session(const fs::path& session_folder) {
  const std::string name = session_folder.filename().string();
  const auto text = read_file_if_exists(session_folder / kManifestFile);
  const SessionDetail detail = read_detail(session_folder);
  const auto starts = detail.all<RunStart>();
  if (!text || starts.empty()) {
    throw Error(ErrorKind::kUser, "run.not_resumable", cat("the session is not that of a run: '", name, "'"),
                "osiris logs list shows the runs");
  }
  if (detail.summary.status == SessionStatus::kRunning) {
    throw Error(ErrorKind::kUser, "run.still_running", cat("the run is not over: '", name, "'"),
                "wait for its end, or stop it");
  }
  const RunStart& start = starts.front();
  ResumedRun resumed;
  // It ran with this text; whether an edited one is accepted was settled then.
  resumed.manifest = {parse_manifest(*text, name + "/manifest.yaml", true), *text, start.manifest};
  resumed.options.row_limit = start.row_limit;
  resumed.options.range = {start.full_refresh.value_or(false), unless_empty(start.from),
                           unless_empty(start.to)};
  Resume resume{start.resumes.empty() ? name : start.resumes, name, {}};
  for (const StepTally& step : detail.steps) {
    if (step.status == SessionStatus::kSuccess) resume.complete[step.step_id] = step.rows_written;
  }
  resumed.options.resume = std::move(resume);
  return resumed;
}

}  // namespace osiris
