#include "remote/remote_run.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "engine/engine.h"
#include "remote/envd_client.h"
#include "remote/journal.h"
#include "remote/luggage.h"
#include "run/pipeline_lock.h"
#include "run/stop_signals.h"

namespace osiris::remote {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kHome = "/home/user";
constexpr int kFailed = 1, kRefused = 2, kSignalBase = 128;
/// A host that vanished leaves its sandbox no longer than this.
constexpr std::chrono::seconds kLifetime{600};
constexpr auto kRenewEvery = kLifetime / 4;
/// How long a worker that was asked to stop has for it.
constexpr auto kStopPatience = 10s;
constexpr auto kPauseAfterLoss = 200ms;
constexpr int kNoProgram = 86;

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

/// Keeps a sandbox alive while this process lives.
class Heartbeat {
 public:
  Heartbeat(const E2bAccount& account, std::string sandbox)
      : thread_([this, &account, sandbox = std::move(sandbox)] { beat(account, sandbox); }) {}
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat() {
    cancellation_.cancel();
    thread_.join();
  }

 private:
  void beat(const E2bAccount& account, const std::string& sandbox) {
    while (wait_for(kRenewEvery, cancellation_)) {
      try {
        E2bClient(account, cancellation_).set_lifetime(sandbox, kLifetime);
      } catch (const Error&) {
        // The next beat comes in time.
      }
    }
  }

  Cancellation cancellation_;
  std::thread thread_;
};

/// Keeps a sandbox alive, and deletes it when the object goes, whatever becomes of the run.
class HeldSandbox {
 public:
  HeldSandbox(const E2bAccount& account, const SandboxAddress& address, Session& session)
      : account_(account), id_(address.id), session_(session), heartbeat_(std::in_place, account, id_) {}
  HeldSandbox(const HeldSandbox&) = delete;
  HeldSandbox& operator=(const HeldSandbox&) = delete;
  ~HeldSandbox() {
    heartbeat_.reset();
    try {
      Cancellation never;
      E2bClient(account_, never).kill(id_);
      session_.emit(SandboxDeleted{id_});
    } catch (const Error& error) {
      session_.emit(Warning{"", "remote.not_deleted",
                            cat("the sandbox ", id_, " may still be there: ", error.message()),
                            "it ends by itself within ten minutes"});
    }
  }

 private:
  const E2bAccount& account_;
  std::string id_;
  Session& session_;
  std::optional<Heartbeat> heartbeat_;
};

class RemoteRun {
 public:
  RemoteRun(const LoadedManifest& loaded, const Project& project, Luggage luggage,
            const RemoteOptions& options, const E2bAccount& account, Session& session)
      : loaded_(loaded),
        project_(project),
        luggage_(std::move(luggage)),
        options_(options),
        account_(account),
        session_(session),
        journal_([this](const Json& record) { take(record); }) {}

  RunOutcome run() {
    const auto began = SteadyClock::now();
    const std::jthread clock([this](const std::stop_token& is_over) { end_when_late(is_over); });
    bootstrap_began_ = began;
    address_ = create();
    const HeldSandbox sandbox(account_, address_, session_);
    tell_size();
    EnvdClient envd(address_, cancellation_);
    upload(envd);
    follow(envd);
    if (!done_) throw_lost();
    fetch(envd);
    return outcome();
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
  SandboxAddress create() {
    E2bClient client(account_, cancellation_);
    const auto asked = SteadyClock::now();
    if (options_.size && client.ensure_template(options_.template_name, *options_.size))
      session_.emit(TemplateBuilt{options_.template_name, ms_since(asked)});
    session_.emit(SandboxCreateStart{options_.template_name});
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    const auto began = SteadyClock::now();
    SandboxAddress address = client.create({.template_name = options_.template_name,
                                            .lifetime = kLifetime,
                                            .metadata = {{"osiris.run", session_.id()},
                                                         {"osiris.host", host},
                                                         {"osiris.pid", std::to_string(::getpid())}}});
    create_ms_ = ms_since(began);
    return address;
  }

  /// What the sandbox really has, which need not be what was asked for.
  void tell_size() {
    const E2bClient::Facts facts = E2bClient(account_, cancellation_).facts(address_.id);
    session_.emit(SandboxCreateComplete{address_.id, address_.envd_version, facts.cpu_count, facts.memory_mb,
                                        create_ms_});
  }

  std::string place(const std::string& name) const { return cat(kHome, "/osiris/", name); }
  std::string program_folder() const { return cat(kHome, "/.osiris/", program_name_); }

  void upload(EnvdClient& envd) {
    const std::string program = read_file("/proc/self/exe");
    program_name_ = fingerprint(program).substr(std::string_view("sha256:").size());
    std::optional<fs::path> engine;
    if (luggage_.needs_engine) engine = engine_file();
    std::uint64_t size = program.size() + (engine ? fs::file_size(*engine) : 0);
    for (const std::string& name : luggage_.files) size += fs::file_size(project_.folder() / name);
    session_.emit(WorkerUploadStart{size});
    const auto began = SteadyClock::now();
    envd.write(cat(program_folder(), "/osiris"), program);
    // Without it the worker says what is missing.
    if (engine) envd.write(cat(program_folder(), "/lib/libduckdb.so"), read_file(*engine));
    for (const std::string& name : luggage_.files)
      envd.write(place(name), read_file(project_.folder() / name));
    session_.emit(WorkerUploadComplete{size, false, ms_since(began)});
  }

  EnvdClient::Command command() const {
    const std::string program = cat(program_folder(), "/osiris");
    return {"/bin/sh",
            {"-c", cat("mkdir -p ", kHome, "/osiris && chmod 755 ", program, " || exit ", kNoProgram,
                       "; exec ", program, " worker")},
            kHome};
  }

  std::string order() const {
    WorkerOrder order;
    order.session_ms =
        parse_integer(std::string_view(session_.id()).substr(session_.id().find('_') + 1)).value_or(0);
    order.folder = cat(kHome, "/osiris");
    order.manifest = loaded_.text;
    order.shown_path = loaded_.shown_path;
    order.connections = luggage_.connections;
    order.variables = luggage_.variables;
    order.settings = project_.settings();
    order.options = options_.run;
    return to_line(order);
  }

  /// Hears the worker out, over as many streams as it takes.
  void follow(EnvdClient& envd) {
    EnvdClient control(address_, cancellation_);
    for (bool is_read = false; !done_ && !(has_ended_ && is_read);) {
      if (!has_ended_) despite_losses([&] { hear_stream(envd, control); });
      is_read = false;
      despite_losses([&] {
        catch_up(control);
        is_read = true;
      });
      if (!done_ && lost_at_ && !wait_for(kPauseAfterLoss, cancellation_)) cancellation_.check();
    }
    if (lost_at_) session_.emit(StreamResumed{journal_.next_sequence(), ms_since(*lost_at_)});
  }

  /// Does something that a broken connection may keep from being done, as long as the worker is not lost with
  /// it.
  template <typename Work>
  void despite_losses(Work work) {
    try {
      work();
    } catch (const Error& error) {
      cancellation_.check();
      if (pid_ == 0 || error.code() == "remote.gone" || error.kind() != ErrorKind::kConnection) throw;
      has_ended_ = has_ended_ || error.code() == "remote.process";
      if (lost_at_) return;
      lost_at_ = SteadyClock::now();
      session_.emit(StreamLost{error.message(), journal_.next_sequence()});
    }
  }

  void hear_stream(EnvdClient& envd, EnvdClient& control) {
    const auto take = [&](const EnvdClient::Output& output) { hear(output, control); };
    journal_.begin_stream();
    has_ended_ = pid_ == 0 ? envd.start(command(), take) : envd.connect(pid_, take);
    if (!has_ended_) throw Error(ErrorKind::kConnection, "connection.lost", "the stream ended early");
  }

  /// Reads out of the journal what the stream did not tell.
  void catch_up(EnvdClient& envd) {
    if (!done_) journal_.read(envd.read(place(kJournalFile), journal_.offset()));
  }

  void hear(const EnvdClient::Output& output, EnvdClient& control) {
    using Kind = EnvdClient::Output::Kind;
    switch (output.kind) {
      case Kind::kStarted:
        if (pid_.exchange(output.pid) != 0) return;
        session_.emit(WorkerStarted{pid_});
        control.send_input(pid_, order());
        return;
      case Kind::kStdout:
        journal_.hear(output.bytes);
        if (journal_.has_gap()) catch_up(control);
        return;
      case Kind::kStderr:
        words_ += output.bytes;
        return;
      case Kind::kEnded:
        end_ = output.status;
        return;
    }
  }

  void take(const Json& record) {
    if (const auto line = record.find("line"); line != record.end()) {
      if (!std::exchange(has_heard_, true))
        session_.metric("e2b_bootstrap_ms", static_cast<double>(ms_since(bootstrap_began_)), "ms", "");
      if (line->value("event", "") == "artifact_written") artifacts_.push_back(*line);
      session_.adopt(*line);
    }
    if (const auto done = record.find("done"); done != record.end()) done_ = *done;
  }

  /// The worker's session came over line by line; its files come now.
  void fetch(EnvdClient& envd) {
    const fs::path remote = session_.folder() / "remote";
    make_folders(remote);
    const std::string there = place(cat("logs/", session_.id()));
    for (const char* const name : {"osiris.log", "status.json"})
      envd.download(cat(there, "/", name), remote / name);
    envd.download(place(kJournalFile), remote / kJournalFile);
    if (!words_.empty()) write_file_atomically(remote / "stderr.log", words_);
    for (const Json& artifact : artifacts_) {
      const std::string path = artifact.value("path", "");
      const fs::path kept = session_.folder() / fs::path(path).lexically_normal();
      invariant(!path.empty() && path.find("..") == std::string::npos, "an artifact lies in the session");
      make_folders(kept.parent_path());
      const auto began = SteadyClock::now();
      const fs::path part = kept.string() + ".part";
      envd.download(cat(there, "/", path), part);
      if (const std::string wanted = artifact.value("sha256", "");
          !wanted.empty() && file_fingerprint(part) != wanted) {
        throw Error(ErrorKind::kConnection, "remote.damaged", cat("a file came back damaged: '", path, "'"),
                    "run again")
            .retryable();
      }
      fs::rename(part, kept);
      session_.emit(ArtifactDownloaded{path, fs::file_size(kept), ms_since(began)});
      deliver(kept, artifact.value("target", ""));
    }
  }

  /// Puts a file where the user wants it, whole.
  void deliver(const fs::path& kept, const std::string& target) {
    if (target.empty()) return;
    const fs::path path = project_.folder() / target;
    make_folders(path.parent_path());
    const fs::path part = path.string() + cat(".", ::getpid(), ".part");
    fs::copy_file(kept, part, fs::copy_options::overwrite_existing);
    fs::rename(part, path);
  }

  RunOutcome outcome() const {
    RunOutcome outcome;
    outcome.status = parse_status(done_->value("status", "")).value_or(SessionStatus::kFailed);
    if (const auto error = done_->find("error"); error != done_->end()) outcome.error = error_of(*error);
    return outcome;
  }

  [[noreturn]] void throw_lost() const {
    std::string told(trim(words_));
    if (told.size() > 500) told.erase(0, told.size() - 500);
    throw Error(ErrorKind::kConnection, "remote.worker_died",
                cat("the worker ended without a result (", end_.empty() ? "no status" : end_, ")",
                    told.empty() ? "" : ": ", told),
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

  void ask_to_stop(const std::stop_token& is_over) {
    if (pid_ == 0) return cancellation_.cancel();
    try {
      Cancellation own;
      EnvdClient(address_, own).send_input(pid_, "{\"cmd\":\"cancel\"}\n");
    } catch (const Error&) {
      return cancellation_.cancel();
    }
    if (wait_until_over(kStopPatience, is_over)) cancellation_.cancel();
  }

  const LoadedManifest& loaded_;
  const Project& project_;
  Luggage luggage_;
  const RemoteOptions& options_;
  const E2bAccount& account_;
  Session& session_;
  Cancellation cancellation_;
  JournalReader journal_;
  SandboxAddress address_;
  std::int64_t create_ms_ = 0;
  std::string program_name_;
  SteadyClock::time_point bootstrap_began_;
  std::atomic<std::uint64_t> pid_{0};
  bool has_heard_ = false, has_ended_ = false;
  std::optional<SteadyClock::time_point> lost_at_;
  std::vector<Json> artifacts_;
  std::string words_, end_;
  std::optional<Json> done_;
  std::atomic<bool> is_stopping_{false}, is_late_{false};
  std::jthread stopper_;
};

}  // namespace

RunReport run_in_sandbox(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                         const RemoteOptions& options, const E2bAccount& account) {
  Luggage luggage = Luggage::pack(loaded.manifest, project, registry);
  std::optional<PipelineLock> lock;
  if (loaded.manifest.forbids_concurrency) lock.emplace(project.logs_folder(), loaded.manifest.name);
  const std::int64_t begin_us = steady_us();
  Session session(project.logs_folder(), "run", now_ms);
  RunReport report;
  report.session_id = session.id();
  report.session_folder = session.folder();
  session.emit(start_of(loaded, keep_manifest(loaded, session, project), options.run, "e2b"));
  RemoteRun run(loaded, project, std::move(luggage), options, account, session);
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
  if (run.is_late() && !report.outcome.error) {
    fail(Error(ErrorKind::kUser, "remote.timeout",
               cat("the run took longer than ", human_duration(options.timeout / 1ms)),
               "give it more time with --e2b-timeout"),
         kFailed);
  }
  end_run(session, loaded.manifest, begin_us, report);
  return report;
}

}  // namespace osiris::remote
