#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "compile/manifest.h"
#include "component/registry.h"
#include "project/connections.h"
#include "project/project.h"
#include "run/expected_total.h"
#include "session/session.h"

namespace osiris {

/// What a step has done so far; written by its chain's thread, read by the progress and the metrics.
struct StepCounters {
  std::atomic<std::uint64_t> rows_read{0}, rows_written{0}, bytes_read{0}, bytes_written{0}, skipped_rows{0};
  std::atomic<std::int64_t> busy_us{0};
  std::atomic<std::uint64_t> held_bytes{0};  ///< in the step's queues and the batch under way
  std::atomic<std::uint64_t> most_held_bytes{0};

  void hold(std::uint64_t bytes);
};

/// One step of a run: its component, its configuration, its state. It is the Context of its component.
class StepRun : public Context {
 public:
  /// `connection` is absent where the component needs none.
  StepRun(const ManifestStep& step, const RegisteredComponent& component,
          std::optional<ResolvedConnection> connection, const Project& project, Session& session,
          LoadId load);

  const ManifestStep& step() const { return step_; }
  const ComponentSpec& spec() const { return registered_.spec; }
  const Component& component() const { return *registered_.component; }
  /// Writers: whether the mark of an incremental read is kept with their rows.
  bool keeps_marks() const { return connection_ && osiris::keeps_marks(registered_, connection_->config); }
  const Config& config() const { return config_; }
  StepCounters& counters() { return counters_; }
  const StepCounters& counters() const { return counters_; }

  /// Packages of the user's own code may be installed. Before it opens.
  void let_install(bool may_install) { installs_packages_ = may_install; }
  /// Which mark the step's load keeps. Before it opens.
  void set_mark_name(const std::string& name) { load_id_.mark_name = name; }
  /// Which rows an incremental read wants. Before it opens.
  void set_window(Window window) { window_ = std::move(window); }
  /// How far an incremental read came, once its rows have ended.
  void set_reached_mark(std::optional<Mark> mark) { reached_mark_ = std::move(mark); }
  const std::optional<Mark>& reached_mark() const { return reached_mark_; }

  /// Whether another attempt is left; counts it, and tells it as an event. Returns how long to wait before.
  std::optional<std::chrono::milliseconds> next_attempt(const Error& error);
  /// Forgets the rows of an attempt that failed; what it may have committed is the load's to find out.
  void begin_again();

  /// An earlier run did the step's work. Its rows are dropped where they flow all the same.
  void settle(const std::string& session, std::uint64_t rows_written);
  bool is_settled() const { return is_settled_; }

  /// How far an extractor is, where it is known how much there is to read.
  const ExpectedTotal& expected() const { return expected_; }
  /// The run wants no more rows of this extractor. Before it opens.
  void limit_rows(std::uint64_t rows) { expected_.limit_rows(rows); }

  /// Says whose request to stop the component follows. Before it opens.
  void follow(Cancellation& cancellation) { cancellation_ = &cancellation; }

  /// The step's life, each told as an event. A step ends once; later ends are ignored.
  void start();
  void complete();
  /// Of a writer: with what its target acknowledged, and the digest of the rows where one was made.
  void complete(const LoadResult& result, const std::string& rows_digest);
  void fail(const Error& error);
  void cancel(const std::string& because);

  /// Microseconds of the steady clock, 0 before the start.
  std::int64_t started_us() const { return started_us_.load(); }
  SessionStatus status() const { return status_.load(); }
  bool is_started() const { return started_us() != 0; }
  std::int64_t elapsed_ms() const;
  /// Puts the files that the writer committed into the session.
  void deliver_files();

  Cancellation& cancellation() override { return *cancellation_; }
  const ConnectionConfig& connection() override;
  std::filesystem::path project_path(const std::string& path) override;
  std::filesystem::path artifact_path(const std::string& name) override;
  std::filesystem::path temporary_folder() override;
  /// Whether the session tells the least and the greatest value of each column.
  bool tells_ranges() const { return project_.settings().value_ranges; }
  bool allows_external_access() override { return project_.settings().allow_external_access; }
  const Secret& variable(const std::string& name) override { return project_.environment().value_of(name); }
  bool installs_packages() override { return installs_packages_; }
  void warn(const std::string& code, const std::string& message, const std::string& hint) override;
  void connection_opened(const std::string& server, std::chrono::microseconds elapsed) override;
  void file_written(const WrittenFile& file) override { files_.push_back(file); }
  void count_bytes_read(std::uint64_t bytes) override { counters_.bytes_read += bytes; }
  void count_bytes_written(std::uint64_t bytes) override { counters_.bytes_written += bytes; }
  void expect_total(const Total& total) override { expected_.expect(total, counters_.bytes_read); }
  void script_said(std::string_view line) override;
  void count_skipped_rows(std::uint64_t rows) override { counters_.skipped_rows += rows; }
  void quarantine(const RefusedRow& row) override;
  const LoadId& load_id() override { return load_id_; }
  void load_started(const LoadStart& start) override;
  const Window& window() override { return window_; }

 private:
  /// Takes the step to its end; false when it was there already.
  bool end(SessionStatus status);
  void emit_final_metrics();

  const ManifestStep& step_;
  const RegisteredComponent& registered_;
  std::optional<ResolvedConnection> connection_;
  const Project& project_;
  Session& session_;
  Config config_;
  StepCounters counters_;
  ExpectedTotal expected_;
  Cancellation* cancellation_ = nullptr;
  std::atomic<SessionStatus> status_{SessionStatus::kRunning};
  std::atomic<std::int64_t> started_us_{0}, ended_us_{0};
  std::vector<WrittenFile> files_;
  LoadId load_id_;
  Window window_;
  std::optional<Mark> reached_mark_;
  std::int64_t attempt_ = 1;
  std::atomic<bool> is_settled_{false};
  bool installs_packages_ = false;
  std::optional<OutputFile> quarantine_file_;
};

/// Runs work as a part of a step: its errors name the step and its component.
template <typename Work>
auto inside_step(const StepRun& step, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (Error& error) {
    error.add_frame("component '" + step.step().component + "'");
    error.add_frame("step '" + step.step().id + "'");
    error.set_step(step.step().id);
    throw;
  }
}

/// Adds the time until it goes to a step's busy time.
class BusyTime {
 public:
  explicit BusyTime(StepRun& step);
  BusyTime(const BusyTime&) = delete;
  BusyTime& operator=(const BusyTime&) = delete;
  ~BusyTime();

 private:
  StepRun& step_;
  std::int64_t begin_us_;
};

}  // namespace osiris
