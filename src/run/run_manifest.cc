#include "run/run_manifest.h"

#include <csignal>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/text.h"
#include "compile/compiler.h"
#include "run/pipeline_lock.h"
#include "run/stop_signals.h"

namespace osiris {

namespace {

constexpr int kRefused = 2;
constexpr int kFailed = 1;
constexpr int kInternalError = 70;
constexpr int kSignalBase = 128;

int exit_code_of(const RunOutcome& outcome, int signal) {
  if (outcome.status == SessionStatus::kCancelled) return kSignalBase + signal;
  if (outcome.status == SessionStatus::kSuccess) return 0;
  return outcome.error && outcome.error->kind() == ErrorKind::kInternal ? kInternalError : kFailed;
}

/// A session that another machine began has its name from there.
Clock session_clock(const RunOptions& options) {
  if (!options.relayed) return now_ms;
  return [first = std::optional(options.relayed->session_ms)]() mutable {
    const std::int64_t at_ms = first.value_or(now_ms());
    first.reset();
    return at_ms;
  };
}

/// Opens nothing: whatever throws here was refused for what the user wrote.
std::optional<Executor> prepare(const LoadedManifest& loaded, const Project& project,
                                const Registry& registry, Session& session, const RunOptions& options,
                                RunReport& report) {
  try {
    return std::optional<Executor>(std::in_place, loaded.manifest, project, registry, session, options);
  } catch (const Error& error) {
    session.emit(error_event(error));
    report.outcome.status = SessionStatus::kFailed;
    report.outcome.error = error;
    report.exit_code = kRefused;
  }
  return std::nullopt;
}

}  // namespace

std::string keep_manifest(const LoadedManifest& loaded, const Session& session, const Project& project) {
  write_file_atomically(session.manifest_path(), loaded.text);
  if (!loaded.shown_path.empty()) return loaded.shown_path;
  const fs::path folder = session.folder() / cat("compile_", now_ms());
  make_folders(folder);
  write_file_atomically(folder / "manifest.yaml", loaded.text);
  return (folder / "manifest.yaml").lexically_relative(project.folder()).string();
}

RunStart start_of(const LoadedManifest& loaded, const std::string& manifest_path, const RunOptions& options,
                  const std::string& execution) {
  RunStart start{loaded.manifest.name,         manifest_path, manifest_fingerprint(loaded.text),
                 loaded.manifest.steps.size(), execution,     compiler_version()};
  if (options.resume) start.resumes = options.resume->session;
  if (options.range.is_full_refresh) start.full_refresh = true;
  start.from = options.range.from.value_or("");
  start.to = options.range.to.value_or("");
  start.row_limit = options.row_limit;
  return start;
}

void end_run(Session& session, const Manifest& manifest, std::int64_t begin_us, RunReport& report) {
  std::optional<FailureFacts> failure;
  if (report.outcome.error) failure = failure_of(*report.outcome.error);
  session.end(report.outcome.status, report.exit_code, failure);
  report.tally = session.tally();
  std::ranges::sort(report.tally.steps, {},
                    [&](const StepTally& step) { return manifest.find(step.step_id); });
  report.duration_ms = (steady_us() - begin_us) / 1000;
}

RunReport run_manifest(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                       const RunOptions& options, RunObserver& observer, Cancellation* cancellation) {
  std::optional<PipelineLock> lock;
  if (loaded.manifest.forbids_concurrency) lock.emplace(project.logs_folder(), loaded.manifest.name);
  const std::int64_t begin_us = steady_us();
  Session session(project.logs_folder(), "run", session_clock(options));
  if (options.relayed) session.follow(options.relayed->take_line);
  RunReport report;
  report.session_id = session.id();
  report.session_folder = session.folder();
  const std::string manifest_path = keep_manifest(loaded, session, project);
  session.emit(start_of(loaded, manifest_path, options, "local"));
  if (auto executor = prepare(loaded, project, registry, session, options, report)) {
    std::optional<StopSignals> signals;
    Cancellation::Hook hook;
    if (cancellation == nullptr) {
      signals.emplace([&](int) { executor->request_stop(); });
    } else {
      hook = cancellation->on_cancel([&] { executor->request_stop(); });
    }
    observer.run_started(
        session, [steps = std::make_shared<RunProgress>(executor->steps())] { return steps->look(); });
    report.outcome = executor->run();
    observer.run_ended(report.outcome);
    report.exit_code = exit_code_of(report.outcome, signals ? signals->received() : SIGINT);
  }
  std::error_code ignored;
  fs::remove_all(session.folder() / "tmp", ignored);
  end_run(session, loaded.manifest, begin_us, report);
  return report;
}

}  // namespace osiris
