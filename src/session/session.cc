#include "session/session.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "base/text.h"
#include "session/artifact_file.h"
#include "session/json_fields.h"

namespace osiris {

namespace {

constexpr int kNewAppending = O_CREAT | O_EXCL | O_APPEND | O_WRONLY;

Error write_error(const fs::path& path) {
  const bool is_full = errno == ENOSPC || errno == EDQUOT;
  return {is_full ? ErrorKind::kData : ErrorKind::kUser, is_full ? "file.disk_full" : "file.unwritable",
          cat("cannot write the session: ", std::strerror(errno), ": '", path.string(), "'"),
          is_full ? "free some space; `osiris logs gc` removes old sessions" : ""};
}

/// Makes the first folder from `start_ms` on whose name is free, and returns the milliseconds it got.
std::int64_t make_session_folder(const fs::path& logs_root, const std::string& kind, std::int64_t start_ms) {
  make_folders(logs_root);
  constexpr mode_t kPermissions = 0777;
  for (std::int64_t at_ms = start_ms;; ++at_ms) {
    const fs::path folder = logs_root / cat(kind, '_', at_ms);
    if (::mkdir(folder.c_str(), kPermissions) == 0) return at_ms;
    if (errno != EEXIST) throw write_error(folder);
  }
}

/// A whole number without ".0", so that a count reads as one.
Json number(double value) {
  constexpr double kExactIntegers = 9007199254740992.0;
  if (std::abs(value) < kExactIntegers && std::trunc(value) == value) return static_cast<std::int64_t>(value);
  return value;
}

/// `path` as seen from `folder`; nothing where it lies elsewhere.
std::optional<fs::path> path_below(const fs::path& path, const fs::path& folder) {
  std::error_code problem;
  const fs::path relative =
      fs::weakly_canonical(path, problem).lexically_relative(fs::weakly_canonical(folder, problem));
  if (problem || relative.empty() || *relative.begin() == "..") return std::nullopt;
  return relative;
}

}  // namespace

Session::Session(const fs::path& logs_root, std::string_view kind, Clock clock)
    : clock_(std::move(clock)),
      kind_(kind),
      started_us_(steady_us()),
      started_at_ms_(make_session_folder(logs_root, kind_, clock_())),
      id_(cat(kind_, '_', started_at_ms_)),
      folder_(logs_root / id_),
      process_(this_process()),
      events_(folder_ / kEventsFile, kNewAppending),
      metrics_(folder_ / kMetricsFile, kNewAppending),
      log_(folder_ / kLogFile, kNewAppending) {
  write_status(folder_, status(SessionStatus::kRunning));
}

fs::path Session::artifact_folder(const std::string& step_id) {
  invariant(!step_id.empty() && step_id.find('/') == std::string::npos && step_id != "." && step_id != "..",
            "a step's id is a file name");
  fs::path folder = folder_ / kArtifactFolder / step_id;
  make_folders(folder);
  return folder;
}

void Session::emit(const Event& event) {
  const std::lock_guard lock(mutex_);
  emit_locked(event);
}

void Session::emit_locked(const Event& event) {
  const std::int64_t at_ms = clock_();
  Json line = {{"ts", iso8601(at_ms)}, {"session", id_}, {"event", event_name(event)}};
  line.update(event_fields(event));
  append_event(event, line, at_ms);
}

void Session::append_event(const Event& event, const Json& line, std::int64_t at_ms) {
  const std::string text = session::to_line(line);
  append_line(events_, text);
  if (follower_ && !has_ended_) follower_(text);

  const LogLine log = log_line(event);
  constexpr std::size_t kLevelWidth = 7;
  std::string level(log.level);
  level.resize(kLevelWidth, ' ');
  append_line(log_, cat(local_time(at_ms), ' ', level, ' ', log.step_id.empty() ? "-" : log.step_id, ' ',
                        log.message));
  tally_.add(event);
}

void Session::metric(std::string_view name, double value, std::string_view unit, std::string_view step_id) {
  Json line = {{"ts", {}}, {"session", id_}, {"metric", name}, {"value", number(value)}, {"unit", unit}};
  Json& tags = line["tags"] = Json::object();
  if (!step_id.empty()) tags["step"] = step_id;
  const std::lock_guard lock(mutex_);
  line["ts"] = iso8601(clock_());
  append_metric(line);
}

void Session::append_metric(const Json& line) {
  const std::string text = session::to_line(line);
  append_line(metrics_, text);
  if (follower_ && !has_ended_) follower_(text);
}

void Session::follow(std::function<void(std::string_view line)> take) {
  const std::lock_guard lock(mutex_);
  follower_ = std::move(take);
}

void Session::adopt(const Json& line) {
  const std::lock_guard lock(mutex_);
  if (line.contains("metric")) return append_metric(line);
  const auto event = parse_event(line);
  if (!event || std::holds_alternative<RunStart>(*event) || std::holds_alternative<RunEnd>(*event)) return;
  append_event(*event, line, parse_iso8601(line.value("ts", "")).value_or(clock_()));
}

void Session::append_line(OutputFile& file, std::string line) {
  if (has_ended_) return;
  line += '\n';
  const ssize_t written = ::write(file.descriptor(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  if (written >= 0) errno = ENOSPC;
  if (!write_problem_) write_problem_ = write_error(file.path());
  // A full disk took half a line: the half goes, so that every line is whole.
  if (written > 0) {
    const off_t end = ::lseek(file.descriptor(), 0, SEEK_END);
    [[maybe_unused]] const int refused = ::ftruncate(file.descriptor(), end - written);
  }
}

void Session::add_artifact(const Delivery& delivery) {
  std::error_code problem;
  if (!fs::is_regular_file(delivery.target, problem)) return;
  const fs::path folder = artifact_folder(delivery.step_id);

  ArtifactWritten event{.step_id = delivery.step_id, .path = {}, .target = {}, .sha256 = delivery.sha256};
  if (delivery.written_in_place) event.in_place = true;
  fs::path kept = delivery.target;
  if (const auto inside = path_below(kept, folder_)) {
    event.path = inside->string();
  } else {
    kept = keep_file(kept, folder, delivery.written_in_place ? Keeping::kSnapshot : Keeping::kLink);
    event.path = kept.lexically_relative(folder_).string();
    event.target = delivery.target_name.empty() ? delivery.target.string() : delivery.target_name;
  }
  event.size_bytes = fs::file_size(kept, problem);
  if (event.sha256.empty()) event.sha256 = file_fingerprint(kept);
  emit(event);
}

void Session::end(SessionStatus status_now, int exit_code, const std::optional<FailureFacts>& failure) {
  const std::lock_guard lock(mutex_);
  const std::int64_t duration_ms = (steady_us() - started_us_) / 1000;
  if (tally_.start) {
    emit_locked(RunEnd{.status = status_now,
                       .duration_ms = duration_ms,
                       .total_rows = tally_.total_rows(),
                       .peak_memory_mb = peak_memory_mb(),
                       .error = failure});
  }
  StatusFile last = status(status_now);
  last.exit_code = exit_code;
  last.peak_memory_mb = peak_memory_mb();
  last.summary.duration_ms = duration_ms;
  if (failure) last.summary.error = failure;
  has_ended_ = true;
  write_status(folder_, last);
  if (write_problem_) throw Error(*write_problem_);
}

StatusFile Session::status(SessionStatus status_now) const {
  StatusFile file{.summary = {.id = id_,
                              .kind = kind_,
                              .pipeline = {},
                              .status = status_now,
                              .started_at_ms = started_at_ms_,
                              .duration_ms = {},
                              .manifest = {},
                              .error = {},
                              .folder = folder_},
                  .process = process_,
                  .exit_code = {},
                  .steps = tally_.steps};
  take_sums(tally_, file.summary);
  return file;
}

SessionTally Session::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

}  // namespace osiris
