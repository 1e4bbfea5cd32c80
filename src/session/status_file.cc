#include "session/status_file.h"

#include "session/json_fields.h"
#include "session/session_files.h"

namespace osiris {

namespace {

/// How write_status() prints what follows on the summary of a session that ended.
constexpr std::string_view kAfterSummary = ",\n  \"exit_code\": ";

}  // namespace

namespace session {

template <>
struct Description<StepTally> {
  static constexpr auto kFields = std::tuple{Field{"step_id", &StepTally::step_id},
                                             Field{"component", &StepTally::component},
                                             Field{"role", &StepTally::role},
                                             Field{"status", &StepTally::status},
                                             Field{"rows_read", &StepTally::rows_read},
                                             Field{"rows_written", &StepTally::rows_written},
                                             Field{"duration_ms", &StepTally::duration_ms},
                                             Field{"attempt_count", &StepTally::attempt_count}};
};

template <>
struct Description<SessionSummary> {
  static constexpr auto kFields = std::tuple{Field{"session", &SessionSummary::id},
                                             Field{"kind", &SessionSummary::kind},
                                             Field{"pipeline", &SessionSummary::pipeline},
                                             Field{"status", &SessionSummary::status},
                                             TimeField{"started_at", &SessionSummary::started_at_ms},
                                             Field{"duration_ms", &SessionSummary::duration_ms},
                                             Field{"total_rows", &SessionSummary::total_rows},
                                             Field{"steps_ok", &SessionSummary::steps_ok},
                                             Field{"steps_total", &SessionSummary::steps_total},
                                             Field{"error_count", &SessionSummary::error_count},
                                             Field{"warning_count", &SessionSummary::warning_count},
                                             Field{"manifest", &SessionSummary::manifest},
                                             Field{"error", &SessionSummary::error}};
};

template <>
struct Description<ProcessMark> {
  static constexpr auto kFields = std::tuple{
      Field{"pid", &ProcessMark::pid}, Field{"host", &ProcessMark::host},
      Field{"pid_scope", &ProcessMark::pid_scope}, Field{"start_ticks", &ProcessMark::start_ticks}};
};

template <>
struct Description<StatusFile> {
  static constexpr auto kFields =
      std::tuple{Inlined{&StatusFile::summary}, Field{"exit_code", &StatusFile::exit_code},
                 Field{"peak_memory_mb", &StatusFile::peak_memory_mb}, Field{"process", &StatusFile::process},
                 Field{"steps", &StatusFile::steps}};
};

}  // namespace session

void take_sums(const SessionTally& tally, SessionSummary& summary) {
  if (tally.start) {
    summary.pipeline = tally.start->pipeline;
    summary.manifest = tally.start->manifest;
  } else if (tally.compiled) {
    summary.pipeline = tally.compiled->pipeline;
    summary.manifest = tally.compiled->manifest;
  }
  summary.total_rows = tally.total_rows();
  summary.steps_ok = tally.steps_with(SessionStatus::kSuccess);
  summary.steps_total = tally.step_count();
  summary.error_count = tally.error_count;
  summary.warning_count = tally.warning_count;
  summary.error = tally.end && tally.end->error ? tally.end->error : tally.first_error;
}

void write_status(const fs::path& folder, const StatusFile& status) {
  const Json object = session::to_fields(status);
  constexpr int kIndent = 2;
  write_file_atomically(folder / kStatusFile,
                        object.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<StatusFile> read_status(const fs::path& folder) {
  const Json object = Json::parse(content_or_empty(folder / kStatusFile), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  StatusFile status;
  session::from_fields(object, status);
  return status;
}

std::optional<SessionSummary> read_status_summary(const fs::path& folder) {
  std::string text = content_or_empty(folder / kStatusFile);
  // No value holds a line end, so what begins a line is a key of the outermost object.
  if (const std::size_t end = text.find(kAfterSummary); end != std::string::npos) {
    text.resize(end);
    text += '}';
  }
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  SessionSummary summary;
  session::from_fields(object, summary);
  return summary;
}

Json to_json(const StepTally& step) { return session::to_fields(step); }

Json to_json(const SessionSummary& summary) {
  Json object = session::to_fields(summary);
  object["folder"] = summary.folder.string();
  return object;
}

}  // namespace osiris
