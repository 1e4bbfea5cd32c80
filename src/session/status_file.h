#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "session/process_mark.h"
#include "session/session_summary.h"
#include "session/session_tally.h"

namespace osiris {

/// What status.json holds. Private to session/; see docs/session.md.
struct StatusFile {
  SessionSummary summary;
  ProcessMark process;
  std::optional<int> exit_code;  ///< of a session that ended
  double peak_memory_mb = 0;     ///< 10^6 bytes
  std::vector<StepTally> steps;
};

/// A summary's sums; what the events cannot know (id, kind, status, times) stays.
void take_sums(const SessionTally& tally, SessionSummary& summary);

/// Errors: kUser "file.unwritable"; kData "file.disk_full".
void write_status(const fs::path& folder, const StatusFile& status);
/// Nothing where the file is missing or no JSON object; a field that is missing keeps its default.
std::optional<StatusFile> read_status(const fs::path& folder);
/// The file's first part alone, for lists of thousands of sessions: the steps may be many times as long.
std::optional<SessionSummary> read_status_summary(const fs::path& folder);

Json to_json(const StepTally& step);

}  // namespace osiris
