#include "run/step_run.h"

#include <fcntl.h>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/text.h"
#include "session/json_fields.h"

namespace osiris {

void StepCounters::hold(std::uint64_t bytes) {
  held_bytes = bytes;
  if (bytes > most_held_bytes) most_held_bytes = bytes;
}

StepRun::StepRun(const ManifestStep& step, const RegisteredComponent& component,
                 std::optional<ResolvedConnection> connection, const Project& project, Session& session,
                 LoadId load)
    : step_(step),
      registered_(component),
      connection_(std::move(connection)),
      project_(project),
      session_(session),
      config_(component.spec.fields, step.config),
      load_id_(std::move(load)) {}

void StepRun::start() {
  if (is_started() || status() != SessionStatus::kRunning) return;
  started_us_ = steady_us();
  session_.emit(StepStart{step_.id, step_.component, std::string(to_string(spec().role))});
}

bool StepRun::end(SessionStatus status) {
  SessionStatus running = SessionStatus::kRunning;
  if (!status_.compare_exchange_strong(running, status)) return false;
  ended_us_ = steady_us();
  if (is_started()) emit_final_metrics();
  if (counters_.skipped_rows > 0) {
    const std::string kept = quarantine_file_ ? cat("quarantine/", step_.id, ".jsonl") : "";
    session_.emit(RowsSkipped{step_.id, counters_.skipped_rows, kept});
  }
  return true;
}

void StepRun::complete() {
  if (!end(SessionStatus::kSuccess)) return;
  session_.emit(StepComplete{step_.id, counters_.rows_read, counters_.rows_written, elapsed_ms()});
}

void StepRun::complete(const LoadResult& result, const std::string& rows_digest) {
  counters_.rows_written = result.row_count;
  if (!end(SessionStatus::kSuccess)) return;
  StepComplete event{step_.id, counters_.rows_read, result.row_count, elapsed_ms()};
  event.rows_digest = rows_digest;
  if (result.merge) {
    event.rows_inserted = result.merge->inserted;
    event.rows_updated = result.merge->updated;
    event.rows_unchanged = result.merge->unchanged;
    event.rows_deleted = result.merge->deleted;
  }
  session_.emit(event);
}

void StepRun::fail(const Error& error) {
  if (!end(SessionStatus::kFailed)) return;
  session_.emit(error_event(error));
  session_.emit(
      StepFailed{step_.id, counters_.rows_read, counters_.rows_written, elapsed_ms(), failure_of(error)});
}

std::optional<std::chrono::milliseconds> StepRun::next_attempt(const Error& error) {
  if (!error.is_retryable() || attempt_ > step_.retry_max || cancellation_->is_cancelled())
    return std::nullopt;
  const std::int64_t delay_ms = step_.retry_backoff_ms << std::min<std::int64_t>(attempt_ - 1, 10);
  ++attempt_;
  session_.emit(StepRetry{step_.id, static_cast<std::uint64_t>(attempt_), delay_ms, failure_of(error)});
  return std::chrono::milliseconds(delay_ms);
}

void StepRun::begin_again() {
  counters_.rows_read = 0;
  counters_.rows_written = 0;
  counters_.skipped_rows = 0;
  counters_.hold(0);
  quarantine_file_.reset();
  files_.clear();
}

void StepRun::settle(const std::string& session, std::uint64_t rows_written) {
  is_settled_ = true;
  counters_.rows_written = rows_written;
  if (!end(SessionStatus::kSuccess)) return;
  session_.emit(
      StepSettled{step_.id, session, step_.component, std::string(to_string(spec().role)), rows_written});
}

void StepRun::cancel(const std::string& because) {
  if (!end(SessionStatus::kCancelled)) return;
  session_.emit(StepCancelled{step_.id, because, elapsed_ms(), step_.component,
                              std::string(to_string(spec().role)), counters_.rows_read,
                              counters_.rows_written});
}

std::int64_t StepRun::elapsed_ms() const {
  if (!is_started()) return 0;
  const std::int64_t end = ended_us_ == 0 ? steady_us() : ended_us_.load();
  return (end - started_us_) / 1000;
}

void StepRun::emit_final_metrics() {
  const auto elapsed = static_cast<double>(ended_us_ - started_us_) / 1000;
  const double busy = std::clamp(static_cast<double>(counters_.busy_us) / 1000, 0.0, elapsed);
  const auto metric = [&](std::string_view name, double value, std::string_view unit) {
    session_.metric(name, value, unit, step_.id);
  };
  metric("rows_read", static_cast<double>(counters_.rows_read), "rows");
  metric("rows_written", static_cast<double>(counters_.rows_written), "rows");
  metric("bytes_read", static_cast<double>(counters_.bytes_read), "bytes");
  metric("bytes_written", static_cast<double>(counters_.bytes_written), "bytes");
  metric("execution_time_ms", elapsed, "ms");
  metric("busy_ms", busy, "ms");
  metric("blocked_ms", elapsed - busy, "ms");
  metric("queue_bytes", static_cast<double>(counters_.held_bytes), "bytes");
  metric("memory_usage_mb", static_cast<double>(counters_.most_held_bytes) / 1e6, "MB");
}

void StepRun::deliver_files() {
  for (const WrittenFile& file : files_) {
    const fs::path relative = file.path.lexically_relative(project_.folder());
    const bool is_below = !relative.empty() && *relative.begin() != "..";
    session_.add_artifact({.step_id = step_.id,
                           .target = file.path,
                           .target_name = is_below ? relative.string() : file.path.string(),
                           .written_in_place = file.in_place,
                           .sha256 = file.sha256});
  }
}

const ConnectionConfig& StepRun::connection() {
  invariant(connection_.has_value(), "a component with a connection family has a connection");
  return connection_->config;
}

fs::path StepRun::project_path(const std::string& path) {
  return (project_.folder() / path).lexically_normal();
}

fs::path StepRun::artifact_path(const std::string& name) { return session_.artifact_folder(step_.id) / name; }

fs::path StepRun::temporary_folder() {
  const fs::path folder = session_.folder() / "tmp" / step_.id;
  make_folders(folder);
  return folder;
}

void StepRun::warn(const std::string& code, const std::string& message, const std::string& hint) {
  session_.emit(Warning{step_.id, code, message, hint});
}

void StepRun::script_said(std::string_view line) { session_.emit(ScriptOutput{step_.id, std::string(line)}); }

void StepRun::quarantine(const RefusedRow& row) {
  if (!quarantine_file_) {
    const fs::path folder = session_.folder() / "quarantine";
    make_folders(folder);
    quarantine_file_.emplace(folder / (step_.id + ".jsonl"), O_CREAT | O_WRONLY | O_TRUNC);
  }
  const Json line{{"reason_code", row.reason_code},
                  {"column", row.column},
                  {"message", row.message},
                  {"source", row.source},
                  {"raw", to_base64(row.raw)}};
  quarantine_file_->write(session::to_line(line) + "\n");
  ++counters_.skipped_rows;
}

void StepRun::load_started(const LoadStart& start) {
  session_.emit(
      LoadStarted{step_.id, start.table, start.write_mode, start.road, start.load_id, start.is_created});
  // For whoever opens the writer after this one.
  load_id_.is_resumed = true;
}

void StepRun::connection_opened(const std::string& server, std::chrono::microseconds elapsed) {
  session_.emit(
      ConnectionOpenComplete{step_.id, connection().family(), connection().alias(), server,
                             std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count()});
}

BusyTime::BusyTime(StepRun& step) : step_(step), begin_us_(steady_us()) {}
BusyTime::~BusyTime() { step_.counters().busy_us += steady_us() - begin_us_; }

}  // namespace osiris
