#include "remote/remote_run.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "remote/envd_client.h"
#include "remote/held_sandbox.h"
#include "remote/housekeeping.h"
#include "remote/journal.h"
#include "remote/luggage.h"
#include "remote/remote_steps.h"
#include "remote/returned_files.h"
#include "remote/upload.h"
#include "remote/worker_start.h"
#include "remote/worker_stream.h"
#include "run/pipeline_lock.h"
#include "run/stop_signals.h"
#include "state/mark_store.h"

namespace osiris::remote {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int kFailed = 1, kRefused = 2, kSignalBase = 128;
constexpr const char* kBareTemplate = "base";
/// How long a worker that was asked to stop has for it.
constexpr auto kStopPatience = 10s;
/// Between two tries to get a sandbox, where the account has as many as it may.
constexpr auto kCreatePause = 1s;
constexpr int kCreateTries = 3;

std::int64_t ms_since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begin).count();
}

ErrorKind kind_of(const std::string& word) {
  for (const ErrorKind kind :
       {ErrorKind::kUser, ErrorKind::kConnection, ErrorKind::kData, ErrorKind::kInternal}) {
    if (to_string(kind) == word) return kind;
  }
  return ErrorKind::kInternal;
}

Error error_of(const Json& facts) {
  Error error(kind_of(facts.value("kind", "")), facts.value("code", ""), facts.value("message", ""),
              facts.value("hint", ""));
  error.set_location(Location::parse(facts.value("location", "")));
  if (const std::string step = facts.value("step_id", ""); !step.empty()) error.set_step(step);
  if (facts.value("retryable", false)) error = std::move(error).retryable();
  for (const Json& frame : facts.value("frames", Json::array())) error.add_frame(frame.get<std::string>());
  return error;
}

class RemoteRun {
 public:
  RemoteRun(const LoadedManifest& loaded, const Project& project, const Registry& registry, Luggage luggage,
            const RemoteOptions& options, const E2bAccount& account, Session& session, RunObserver& observer)
      : loaded_(loaded),
        project_(project),
        luggage_(std::move(luggage)),
        options_(options),
        account_(account),
        session_(session),
        observer_(observer),
        steps_(loaded.manifest, registry) {}

  RunOutcome run() {
    began_ = SteadyClock::now();
    const std::jthread clock([this](const std::stop_token& is_over) { end_when_late(is_over); });
    observer_.run_started(session_, [this] { return steps_.look(); });
    const WorkerParts parts = WorkerParts::find(luggage_.needs_engine);
    Upload upload(project_, luggage_, parts);
    {
      E2bClient client(account_, cancellation_);
      // Nobody waits for the packing where it takes no longer than the sandbox.
      const std::jthread packer = is_bare() ? std::jthread([&] { pack_ahead(upload); }) : std::jthread();
      address_ = create(client);
      sandbox_.emplace(account_, address_, session_);
      teller_ = std::jthread([this, told = std::move(client)]() mutable { tell_size(told); });
    }
    work_there(parts, upload);
    observer_.phase_began("deleting the sandbox");
    return outcome();
  }

  /// Deletes the sandbox, if there is one.
  void leave() {
    if (teller_.joinable()) teller_.join();
    sandbox_.reset();
    if (!done_) return;
    const auto there_ms = done_->value("duration_ms", std::int64_t{0});
    session_.metric("e2b_overhead_ms",
                    static_cast<double>(std::max<std::int64_t>(ms_since(began_) - there_ms, 0)), "ms", "");
  }

  /// Whether the run was stopped because it took too long.
  bool is_late() const { return is_late_; }
  int exit_code() const { return done_ ? done_->value("exit_code", kFailed) : kFailed; }

  /// From the thread of the signals.
  void stop(int) {
    if (is_stopping_.exchange(true)) return cancellation_.cancel();
    stopper_ = std::jthread([this](const std::stop_token& is_over) { ask_to_stop(is_over); });
  }

 private:
  bool is_bare() const { return !options_.size && options_.template_name == kBareTemplate; }

  std::string template_name() const {
    return options_.size ? template_name_of(WorkerParts::find(true), *options_.size) : options_.template_name;
  }

  static void pack_ahead(Upload& upload) {
    try {
      upload.pack();
    } catch (const Error&) {
      // Whoever needs it learns why it cannot be.
    }
  }

  SandboxAddress create(E2bClient& client) {
    const std::string name = template_name();
    observer_.phase_began(cat("creating a sandbox of ", name));
    session_.emit(SandboxCreateStart{name});
    const E2bClient::Wish wish{
        .template_name = name, .lifetime = kSandboxLifetime, .metadata = metadata_of_run(session_.id())};
    const auto began = SteadyClock::now();
    SandboxAddress address;
    try {
      address = create_in_turn(client, wish);
    } catch (const Error& error) {
      if (error.code() != "remote.no_template" || !options_.size) throw;
      build_template(client, name);
      address = create_in_turn(client, wish);
    }
    create_ms_ = ms_since(began);
    session_.metric("e2b_create_ms", static_cast<double>(create_ms_), "ms", "");
    return address;
  }

  /// Waits where the account has as many sandboxes as it may; asks again where the answer got lost.
  SandboxAddress create_in_turn(E2bClient& client, const E2bClient::Wish& wish) {
    const auto until = SteadyClock::now() + options_.wait;
    for (int failures = 0;;) {
      try {
        return client.create(wish);
      } catch (const Error& error) {
        cancellation_.check();
        const bool is_in_turn =
            error.code() == "remote.too_many" && SteadyClock::now() + kCreatePause < until;
        const bool is_lost = error.is_retryable() && ++failures < kCreateTries;
        if (!is_in_turn && !is_lost) throw;
        if (is_lost) forget_half_made(client);
        if (is_in_turn) observer_.phase_began("waiting for a sandbox: the account has as many as it may");
      }
      if (!wait_for(kCreatePause, cancellation_)) cancellation_.check();
    }
  }

  /// Where nobody knows whether a sandbox was made: nobody could reach it.
  void forget_half_made(E2bClient& client) const {
    try {
      for (const E2bClient::Facts& made : client.list({{kRunKey, session_.id()}})) client.kill(made.id);
    } catch (const Error&) {
      // It ends by itself within ten minutes.
    }
  }

  void build_template(E2bClient& client, const std::string& name) {
    observer_.phase_began(cat("building the template ", name, ", once"));
    const auto began = SteadyClock::now();
    client.build_template(name, *options_.size, template_files_of(WorkerParts::find(true)));
    session_.emit(TemplateBuilt{name, ms_since(began)});
  }

  /// What the sandbox really has, which need not be what was asked for. In a thread of its own, for nothing
  /// waits for it.
  void tell_size(E2bClient& client) {
    E2bClient::Facts facts;
    try {
      facts = client.facts(address_.id);
    } catch (const Error&) {
      // The run says what is wrong with the sandbox, if anything is.
    }
    session_.emit(SandboxCreateComplete{address_.id, address_.envd_version, facts.cpu_count, facts.memory_mb,
                                        create_ms_});
  }

  void work_there(const WorkerParts& parts, Upload& upload) {
    EnvdClient envd(address_, cancellation_);
    WorkerStream stream(address_, session_, cancellation_, [this](const Json& record) { take(record); });
    const Listened listened(*this, stream);
    {
      const std::jthread opener([&] { stream.prepare(); });
      // A template that is not bare may have the program; whether it has, its start tells.
      send(envd, upload, is_bare());
    }
    start(envd, stream, parts);
    if (!stream.is_done() && stream.exit_code() == kProgramNotThere && !is_bare()) {
      send(envd, upload, true);
      start(envd, stream, parts);
    }
    if (!stream.is_done()) throw_lost(stream);
    fetch(stream);
  }

  void send(EnvdClient& envd, Upload& upload, bool with_program) {
    const auto began = SteadyClock::now();
    const bool with_files = !std::exchange(has_sent_files_, true);
    const std::uint64_t size = (with_files ? upload.file_bytes() : 0) + (with_program ? upload.pack() : 0);
    observer_.phase_began(cat("uploading ", human_bytes(size)));
    session_.emit(WorkerUploadStart{size});
    if (with_program) upload.send_program(envd);
    if (with_files) upload.send_files(envd);
    const std::int64_t elapsed = ms_since(began);
    session_.emit(WorkerUploadComplete{size, !with_program, elapsed});
    session_.metric("e2b_upload_ms", static_cast<double>(elapsed), "ms", "");
  }

  void start(EnvdClient& envd, WorkerStream& stream, const WorkerParts& parts) {
    observer_.phase_began("starting");
    started_at_ = SteadyClock::now();
    stream.follow(envd, worker_command(parts.program.digest(), parts.engine.has_value()), order());
  }

  std::string order() const {
    WorkerOrder order;
    order.session_ms =
        parse_integer(std::string_view(session_.id()).substr(session_.id().find('_') + 1)).value_or(0);
    order.folder = kSandboxProject;
    order.manifest = loaded_.text;
    order.shown_path = loaded_.shown_path;
    order.connections = luggage_.connections;
    order.variables = luggage_.variables;
    order.environment = options_.environment;
    order.marks = luggage_.marks;
    order.trees = luggage_.trees;
    order.settings = project_.settings();
    order.options = options_.run;
    return to_line(order);
  }

  void take(const Json& record) {
    if (const auto line = record.find("line"); line != record.end()) {
      if (!std::exchange(has_heard_, true)) {
        session_.metric("e2b_start_ms", static_cast<double>(ms_since(started_at_)), "ms", "");
        session_.metric("e2b_bootstrap_ms", static_cast<double>(ms_since(began_)), "ms", "");
        observer_.phase_began("");
      }
      if (line->value("event", "") == "artifact_written") artifacts_.push_back(*line);
      session_.adopt(*line);
      steps_.take(*line);
    }
    if (const auto done = record.find("done"); done != record.end()) done_ = *done;
  }

  /// The worker's session came over line by line; its files come now.
  void fetch(const WorkerStream& stream) {
    ReturnedFiles files(address_, project_, luggage_, session_, cancellation_);
    const std::string there = cat("logs/", session_.id(), "/");
    for (const char* const name : {"osiris.log", "status.json"}) files.add_log(cat(there, name));
    files.add_log(kJournalFile);
    for (const Json& artifact : artifacts_) files.add_artifact(artifact);
    for (const Json& tree : done_->value("trees", Json::array())) files.add_tree(tree);
    observer_.phase_began(cat("downloading ", counted(files.count(), "file")));
    const auto began = SteadyClock::now();
    files.fetch();
    if (!stream.words().empty())
      write_file_atomically(session_.folder() / "remote" / "stderr.log", stream.words());
    session_.metric("e2b_download_ms", static_cast<double>(ms_since(began)), "ms", "");
    keep_marks();
  }

  /// What was read is read, now that the rows are here.
  void keep_marks() const {
    const Json marks = done_->value("marks", Json::object());
    for (const auto& kept : luggage_.marks) {
      if (const std::string text = marks.value(kept.name, ""); !text.empty())
        MarkStore(project_.folder()).save(kept.name, parse_mark(text));
    }
  }

  RunOutcome outcome() const {
    RunOutcome outcome;
    outcome.status = parse_status(done_->value("status", "")).value_or(SessionStatus::kFailed);
    if (const auto error = done_->find("error"); error != done_->end()) outcome.error = error_of(*error);
    return outcome;
  }

  [[noreturn]] static void throw_lost(const WorkerStream& stream) {
    std::string told(trim(stream.words()));
    if (told.size() > 500) told.erase(0, told.size() - 500);
    if (stream.exit_code() == kSystemTooOld) {
      throw Error(ErrorKind::kConnection, "remote.old_system",
                  cat("the sandbox's system cannot run this program: '", told, "'"),
                  "take a template whose system has glibc 2.36 or newer, as Debian 12 or Ubuntu 24.04");
    }
    throw Error(ErrorKind::kConnection, "remote.worker_died",
                cat("the worker ended without a result (", stream.end().empty() ? "no status" : stream.end(),
                    ")", told.empty() ? "" : ": ", told),
                "a bigger sandbox may help: --e2b-mem");
  }

  /// Waits so long; false where it is over before.
  static bool wait_until_over(std::chrono::milliseconds time, const std::stop_token& is_over) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, is_over, time, [] { return false; });
    return !is_over.stop_requested();
  }

  void end_when_late(const std::stop_token& is_over) {
    if (!wait_until_over(options_.timeout, is_over)) return;
    is_late_ = true;
    ask_to_stop(is_over);
  }

  /// The stream of the worker, for the threads that may have to ask it something.
  class Listened {
   public:
    Listened(RemoteRun& run, WorkerStream& stream) : run_(run) { set(&stream); }
    Listened(const Listened&) = delete;
    Listened& operator=(const Listened&) = delete;
    ~Listened() { set(nullptr); }

   private:
    void set(WorkerStream* stream) {
      const std::lock_guard lock(run_.stream_mutex_);
      run_.stream_ = stream;
    }
    RemoteRun& run_;
  };

  /// Whether the worker was asked; there may be none yet, or none any more.
  bool has_asked_to_stop() {
    const std::lock_guard lock(stream_mutex_);
    if (stream_ == nullptr || !stream_->has_started()) return false;
    try {
      stream_->ask_to_stop();
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  void ask_to_stop(const std::stop_token& is_over) {
    if (!has_asked_to_stop() || wait_until_over(kStopPatience, is_over)) cancellation_.cancel();
  }

  const LoadedManifest& loaded_;
  const Project& project_;
  Luggage luggage_;
  const RemoteOptions& options_;
  const E2bAccount& account_;
  Session& session_;
  RunObserver& observer_;
  RemoteSteps steps_;
  Cancellation cancellation_;
  SandboxAddress address_;
  std::optional<HeldSandbox> sandbox_;
  std::jthread teller_;
  std::int64_t create_ms_ = 0;
  SteadyClock::time_point began_, started_at_;
  std::mutex stream_mutex_;
  WorkerStream* stream_ = nullptr;  ///< under the mutex
  bool has_heard_ = false, has_sent_files_ = false;
  std::vector<Json> artifacts_;
  std::optional<Json> done_;
  std::atomic<bool> is_stopping_{false}, is_late_{false};
  std::jthread stopper_;
};

}  // namespace

std::string template_name_of(const WorkerParts& parts, const E2bClient::Size& size) {
  return cat("osiris-", parts.short_digest(), "-", size.cpu_count, "c-", size.memory_mb, "m");
}

std::vector<E2bClient::TemplateFile> template_files_of(const WorkerParts& parts) {
  const std::string folder = baked_program_folder(parts.program.digest());
  std::vector<E2bClient::TemplateFile> files{{parts.program.file(), cat(folder, "/osiris"), "0755"}};
  if (parts.engine) files.push_back({parts.engine->file(), cat(folder, "/lib/libduckdb.so"), "0644"});
  return files;
}

Json describe_sending(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                      const RemoteOptions& options) {
  const Luggage luggage = Luggage::pack(loaded.manifest, project, registry);
  const WorkerParts parts = WorkerParts::find(luggage.needs_engine);
  Json files = Json::array(), connections = Json::array(), variables = Json::array(),
       environment = Json::array();
  for (const std::string& name : luggage.files)
    files.push_back({{"path", name}, {"size_bytes", fs::file_size(project.folder() / name)}});
  for (const ConnectionEntry& entry : luggage.connections) connections.push_back(entry.reference());
  for (const auto& variable : luggage.variables) variables.push_back(variable.name);
  for (const auto& variable : options.environment) environment.push_back(variable.name);
  Json program = Json::array();
  for (const auto* part : {&parts.program, parts.engine ? &*parts.engine : nullptr}) {
    if (part == nullptr) continue;
    program.push_back({{"file", part->file().filename().string()},
                       {"sha256", part->digest()},
                       {"size_bytes", fs::file_size(part->file())},
                       {"sent_bytes", part->packed().size()}});
  }
  return {{"template", options.size ? template_name_of(parts, *options.size) : options.template_name},
          {"program", program},
          {"manifest_bytes", loaded.text.size()},
          {"files", files},
          {"connections", connections},
          {"variables", variables},
          {"environment", environment}};
}

RunReport run_in_sandbox(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                         const RemoteOptions& options, const E2bAccount& account, RunObserver& observer) {
  Luggage luggage = Luggage::pack(loaded.manifest, project, registry);
  std::optional<PipelineLock> lock;
  if (loaded.manifest.forbids_concurrency) lock.emplace(project.logs_folder(), loaded.manifest.name);
  const std::int64_t begin_us = steady_us();
  Session session(project.logs_folder(), "run", now_ms);
  RunReport report;
  report.session_id = session.id();
  report.session_folder = session.folder();
  session.emit(start_of(loaded, keep_manifest(loaded, session, project), options.run, options.execution));
  RemoteRun run(loaded, project, registry, std::move(luggage), options, account, session, observer);
  StopSignals signals([&](int number) { run.stop(number); });
  const auto fail = [&](const Error& error, int exit_code) {
    session.emit(error_event(error));
    report.outcome = {.status = SessionStatus::kFailed, .error = error};
    report.exit_code = exit_code;
  };
  try {
    report.outcome = run.run();
    const bool is_stopped = report.outcome.status == SessionStatus::kCancelled;
    report.exit_code = is_stopped ? kSignalBase + signals.received() : run.exit_code();
  } catch (const Error& error) {
    if (error.code() != "run.cancelled") {
      fail(error, error.kind() == ErrorKind::kUser ? kRefused : kFailed);
    } else if (!run.is_late()) {
      report.outcome.status = SessionStatus::kCancelled;
      report.exit_code = kSignalBase + signals.received();
    }
  }
  run.leave();
  if (run.is_late() && !report.outcome.error) {
    fail(Error(ErrorKind::kUser, "remote.timeout",
               cat("the run took longer than ", human_duration(options.timeout / 1ms)),
               "give it more time with --e2b-timeout"),
         kFailed);
  }
  observer.run_ended(report.outcome);
  end_run(session, loaded.manifest, begin_us, report);
  return report;
}

}  // namespace osiris::remote
