#include "session/session_reader.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "session/json_fields.h"
#include "session/process_mark.h"
#include "session/session_files.h"
#include "session/status_file.h"

namespace osiris {

namespace {

/// Ten missed beats: running metrics come each second.
constexpr std::int64_t kHeartbeatTimeoutMs = 10'000;

bool has_session_file(const fs::path& folder) {
  std::error_code problem;
  return fs::exists(folder / kStatusFile, problem) || fs::exists(folder / kEventsFile, problem);
}

/// Names of the real folders that are called like sessions, newest first.
std::vector<std::string> session_names(const fs::path& logs_root) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(logs_root, problem)) {
    std::string id = entry.path().filename().string();
    const auto name = parse_session_name(id);
    if (!name || entry.is_symlink(problem) || !entry.is_directory(problem)) continue;
    found.emplace_back(name->started_at_ms, std::move(id));
  }
  // Two of the same millisecond: a run comes after the compile that it may be of.
  std::ranges::sort(found, std::greater<>());
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto& [_, id] : found) names.push_back(std::move(id));
  return names;
}

/// When the session's process last wrote, in milliseconds since 1970; 0 where it never did.
std::int64_t last_beat_ms(const fs::path& folder) {
  std::int64_t newest_ms = 0;
  for (const std::string_view name : {kStatusFile, kEventsFile, kMetricsFile}) {
    struct stat facts {};
    if (::stat((folder / name).c_str(), &facts) != 0) continue;
    newest_ms =
        std::max<std::int64_t>(newest_ms, facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000);
  }
  return newest_ms;
}

SessionStatus running_or_crashed(const fs::path& folder, const ProcessMark& process) {
  switch (liveness(process)) {
    case Liveness::kAlive:
      return SessionStatus::kRunning;
    case Liveness::kGone:
      return SessionStatus::kCrashed;
    case Liveness::kUnknown:
      break;
  }
  const bool is_silent = now_ms() - last_beat_ms(folder) > kHeartbeatTimeoutMs;
  return is_silent ? SessionStatus::kCrashed : SessionStatus::kRunning;
}

SessionTally read_tally(const fs::path& folder) {
  SessionTally tally;
  for_each_json_line(content_or_empty(folder / kEventsFile), [&](const Json& line) {
    if (const auto event = parse_event(line)) tally.add(*event);
  });
  return tally;
}

/// What status.json says where it is the last word.
std::optional<StatusFile> read_ended_status(const fs::path& folder) {
  auto status = read_status(folder);
  if (!status || status->summary.status == SessionStatus::kRunning) return std::nullopt;
  return status;
}

/// What the events say of a session whose status.json is missing, damaged or not the last word.
StatusFile status_from_events(const fs::path& folder, const SessionTally& tally) {
  StatusFile status = read_status(folder).value_or(StatusFile{});
  take_sums(tally, status.summary);
  status.steps = tally.steps;
  if (tally.end) {
    status.summary.status = tally.end->status;
    status.summary.duration_ms = tally.end->duration_ms;
    status.peak_memory_mb = tally.end->peak_memory_mb;
    return status;
  }
  status.summary.status = running_or_crashed(folder, status.process);
  for (StepTally& step : status.steps) {
    if (step.status == SessionStatus::kRunning) step.status = status.summary.status;
  }
  return status;
}

/// The folder decides on the name, the kind and the start, whatever the file says.
void take_name(const fs::path& folder, SessionSummary& summary) {
  summary.folder = folder;
  summary.id = folder.filename().string();
  const auto name = parse_session_name(summary.id);
  if (!name) return;
  summary.kind = name->kind;
  summary.started_at_ms = name->started_at_ms;
}

/// The summary of a session whose status.json is the last word.
std::optional<SessionSummary> read_ended_summary(const fs::path& folder) {
  auto summary = read_status_summary(folder);
  if (!summary || summary->status == SessionStatus::kRunning) return std::nullopt;
  take_name(folder, *summary);
  return summary;
}

}  // namespace

std::vector<std::string> session_ids(const fs::path& logs_root) {
  std::vector<std::string> ids = session_names(logs_root);
  std::erase_if(ids, [&](const std::string& id) { return !has_session_file(logs_root / id); });
  return ids;
}

std::vector<SessionSummary> list_sessions(const fs::path& logs_root, const SessionFilter& filter) {
  std::vector<SessionSummary> found;
  for (const std::string& id : session_names(logs_root)) {
    if (filter.most != 0 && found.size() == filter.most) break;
    if (parse_session_name(id)->started_at_ms < filter.since_ms) break;
    const fs::path folder = logs_root.native() + "/" + id;
    auto summary = read_ended_summary(folder);
    if (!summary && has_session_file(folder)) summary = read_summary(folder);
    if (!summary || (filter.status && summary->status != *filter.status)) continue;
    if (filter.pipeline && summary->pipeline != *filter.pipeline) continue;
    found.push_back(std::move(*summary));
  }
  return found;
}

std::string find_session(const fs::path& logs_root, std::string_view id) {
  const std::vector<std::string> ids = session_ids(logs_root);
  std::vector<std::string> matches;
  for (const std::string& known : ids) {
    if (known == id) return known;
    if (known.starts_with(id)) matches.push_back(known);
  }
  if (matches.empty()) {
    throw Error(ErrorKind::kUser, "session.unknown", cat("no such session: '", id, "'"),
                ids.empty() ? cat("there are no sessions in ", logs_root.string())
                            : cat("the newest is ", ids.front(), "; `osiris logs list` names all"));
  }
  if (matches.size() > 1) {
    throw Error(ErrorKind::kUser, "session.ambiguous",
                cat(matches.size(), " sessions begin with: '", id, "'"),
                cat("the newest of them is ", matches.front()));
  }
  return matches.front();
}

SessionStatus read_session_status(const fs::path& folder) {
  const auto status = read_status(folder);
  if (status && status->summary.status != SessionStatus::kRunning) return status->summary.status;
  return running_or_crashed(folder, status ? status->process : ProcessMark{});
}

SessionSummary read_summary(const fs::path& folder) {
  if (auto ended = read_ended_summary(folder)) return std::move(*ended);
  StatusFile status = status_from_events(folder, read_tally(folder));
  take_name(folder, status.summary);
  return std::move(status.summary);
}

SessionDetail read_detail(const fs::path& folder) {
  SessionDetail detail;
  SessionTally tally;
  detail.event_lines = content_or_empty(folder / kEventsFile);
  detail.events.reserve(static_cast<std::size_t>(std::ranges::count(detail.event_lines, '\n')) + 1);
  detail.damaged_line_count = for_each_json_line(detail.event_lines, [&](const Json& line) {
    SessionEvent& event = detail.events.emplace_back();
    event.at_ms = parse_iso8601(text_of(line, "ts"));
    event.name = text_of(line, "event");
    event.step_id = text_of(line, "step_id");
    event.known = parse_event(line);
    if (event.known) tally.add(*event.known);
  });

  auto status = read_ended_status(folder);
  if (!status) status = status_from_events(folder, tally);
  take_name(folder, status->summary);
  detail.summary = std::move(status->summary);
  detail.exit_code = status->exit_code;
  detail.peak_memory_mb = status->peak_memory_mb;
  detail.steps = std::move(status->steps);
  detail.size_bytes = folder_size_bytes(folder);
  return detail;
}

std::uint64_t for_each_json_line(std::string_view text, const std::function<void(const Json&)>& take) {
  std::uint64_t damaged_line_count = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (is_blank(line)) continue;
    const Json object = Json::parse(line, nullptr, false);
    if (object.is_object()) {
      take(object);
    } else {
      ++damaged_line_count;
    }
  }
  return damaged_line_count;
}

std::uint64_t folder_size_bytes(const fs::path& folder) {
  // A file with all its names inside goes with the folder, so the names are counted against its links.
  struct Names {
    nlink_t seen = 0, existing = 0;
    std::uint64_t size_bytes = 0;
  };
  std::map<std::pair<dev_t, ino_t>, Names> files;
  std::error_code problem;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto at = fs::recursive_directory_iterator(folder, options, problem);
       at != fs::recursive_directory_iterator(); at.increment(problem)) {
    struct stat facts {};
    if (::lstat(at->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    Names& names = files[{facts.st_dev, facts.st_ino}];
    ++names.seen;
    names.existing = facts.st_nlink;
    names.size_bytes = static_cast<std::uint64_t>(facts.st_size);
  }
  std::uint64_t total = 0;
  for (const auto& [_, names] : files) {
    if (names.seen >= names.existing) total += names.size_bytes;
  }
  return total;
}

std::string newest_run(const fs::path& logs_root) {
  for (const std::string& id : session_ids(logs_root)) {
    if (id.starts_with("run_")) return id;
  }
  throw Error(ErrorKind::kUser, "session.unknown", "nothing was run here yet", "osiris run pipeline.oml");
}

Json outline_json(const SessionDetail& detail) {
  Json object = to_json(detail.summary);
  object["exit_code"] = detail.exit_code ? Json(*detail.exit_code) : Json();
  object["peak_memory_mb"] = detail.peak_memory_mb;
  object["size_bytes"] = detail.size_bytes;
  object["damaged_line_count"] = detail.damaged_line_count;
  const auto add_all = [&object](const char* key, const auto& records, const auto& convert) {
    Json& array = object[key] = Json::array();
    for (const auto& record : records) array.push_back(convert(record));
  };
  add_all("steps", detail.steps, [](const StepTally& step) { return to_json(step); });
  add_all("artifacts", detail.all<ArtifactWritten>(), event_fields);
  add_all("errors", detail.all<ErrorEvent>(), event_fields);
  return object;
}

Json to_json(const SessionDetail& detail) {
  Json object = outline_json(detail);
  Json& warnings = object["warnings"] = Json::array();
  for (const Warning& warning : detail.all<Warning>()) warnings.push_back(event_fields(warning));
  Json& events = object["events"] = Json::array();
  for_each_json_line(detail.event_lines, [&](const Json& line) { events.push_back(line); });
  return object;
}

}  // namespace osiris
