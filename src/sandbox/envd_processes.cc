#include "sandbox/envd_processes.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "net/connect_frames.h"

namespace osiris::sandbox {

namespace {

TerminalSize terminal_size(const CallMessage& pty) {
  const CallMessage size = pty.message("size");
  const auto side = [&](const char* key, std::uint16_t otherwise) {
    const std::int64_t number = size.number(key);
    return number > 0 && number <= UINT16_MAX ? static_cast<std::uint16_t>(number) : otherwise;
  };
  const TerminalSize usual;
  return {side("cols", usual.columns), side("rows", usual.rows)};
}

Json config_json(const Process& process) {
  const ProcessConfig& config = process.config();
  Json shown{{"cmd", config.command}};
  if (!config.arguments.empty()) shown["args"] = config.arguments;
  if (!config.variables.empty()) shown["envs"] = config.variables;
  if (!config.folder.empty()) shown["cwd"] = config.folder;
  Json json{{"config", shown}, {"pid", process.pid()}};
  if (config.tag) json["tag"] = *config.tag;
  return json;
}

}  // namespace

Json EnvdProcesses::list() {
  const std::scoped_lock lock(mutex_);
  Json running = Json::array();
  for (const auto& [pid, process] : processes_) {
    if (!process->ended_at()) running.push_back(config_json(*process));
  }
  return running.empty() ? Json::object() : Json{{"processes", running}};
}

/// What has ended long ago is gone. Requires: the lock.
void EnvdProcesses::forget_ended() {
  std::erase_if(processes_, [&](const auto& entry) {
    const auto ended_at = entry.second->ended_at();
    // What it left behind still writes to its pipes, and would die of their closing.
    return ended_at && entry.second->is_silent() &&
           std::chrono::steady_clock::now() - *ended_at >= settings_.end_kept;
  });
}

EnvdProcesses::SharedProcess EnvdProcesses::find(const CallMessage& request, bool may_have_ended) {
  const CallMessage selector = request.message("process");
  const std::scoped_lock lock(mutex_);
  forget_ended();
  const auto is_wanted = [&](const Process& process) {
    if (const auto ended_at = process.ended_at()) {
      if (!may_have_ended || std::chrono::steady_clock::now() - *ended_at >= settings_.end_kept) return false;
    }
    return selector.has("tag") ? process.config().tag == selector.text("tag")
                               : process.pid() == selector.number("pid");
  };
  for (const auto& [pid, process] : processes_) {
    if (is_wanted(*process)) return process;
  }
  throw Error(ErrorKind::kUser, "sandbox.not_found",
              selector.has("tag") ? cat("process with tag ", selector.text("tag"), " not found")
                                  : cat("process with pid ", selector.number("pid"), " not found"));
}

Json EnvdProcesses::update(const CallMessage& request) {
  const SharedProcess process = find(request, false);
  if (request.has("pty")) process->resize(terminal_size(request.message("pty")));
  return Json::object();
}

Json EnvdProcesses::send_input(const CallMessage& request, const HttpExchange& exchange) {
  const SharedProcess process = find(request, false);
  const CallMessage input = request.message("input");
  const char* const field = input.has("pty") ? "pty" : "stdin";
  const auto bytes = from_base64(input.text(field));
  if (!bytes) throw Error(ErrorKind::kUser, "sandbox.invalid_argument", cat("the input is no base64"));
  if (input.has("pty") != process->has_terminal()) {
    throw Error(ErrorKind::kInternal, "sandbox.input",
                process->has_terminal() ? "the process has a terminal, its input is pty and not stdin"
                                        : "the process has no terminal, its input is stdin and not pty");
  }
  process->write_input(*bytes, [&] { return exchange.is_abandoned(); });
  return Json::object();
}

Json EnvdProcesses::send_signal(const CallMessage& request) {
  const SharedProcess process = find(request, false);
  const std::string name = request.text("signal");
  if (name != "SIGNAL_SIGTERM" && name != "SIGNAL_SIGKILL")
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("a signal that cannot be sent: '", name, "'"));
  process->signal(name == "SIGNAL_SIGKILL" ? SIGKILL : SIGTERM);
  return Json::object();
}

Json EnvdProcesses::close_stdin(const CallMessage& request) {
  find(request, false)->close_input();
  return Json::object();
}

ProcessOptions EnvdProcesses::options_of(const CallMessage& request, const ConnectStream& stream) const {
  const CallMessage process = request.message("process");
  ProcessOptions options;
  options.config.command = process.text("cmd");
  options.config.arguments = process.texts("args");
  options.config.variables = process.texts_by_name("envs");
  options.config.folder = process.text("cwd");
  if (request.has("tag")) options.config.tag = request.text("tag");
  options.folder = expanded_path(options.config.folder, settings_);
  std::error_code problem;
  if (!std::filesystem::is_directory(options.folder, problem)) {
    throw Error(
        ErrorKind::kUser, "sandbox.invalid_argument",
        cat("cwd '", options.folder, "' ",
            std::filesystem::exists(options.folder, problem) ? "is not a directory" : "does not exist"));
  }
  const char* const path = std::getenv("PATH");
  std::map<std::string, std::string> variables{
      {"PATH", path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path},
      {"HOME", settings_.home},
      {"USER", settings_.user},
      {"LOGNAME", settings_.user}};
  for (const auto& [name, value] : settings_.variables) variables[name] = value;
  for (const auto& [name, value] : options.config.variables) variables[name] = value;
  for (const auto& [name, value] : variables) options.environment.push_back(cat(name, '=', value));
  options.has_input = !request.has("stdin") || request.flag("stdin");
  if (request.has("pty")) options.terminal = terminal_size(request.message("pty"));
  options.deadline = stream.deadline();
  options.blocks_unattended = settings_.blocks_unattended;
  options.signals_leader_only = settings_.signals_leader_only;
  return options;
}

void EnvdProcesses::start(const CallMessage& request, ConnectStream& stream, Cancellation& stopping) {
  const auto process = std::make_shared<Process>(options_of(request, stream));
  ProcessOutput::Subscription subscription(process->output());
  process->run();
  {
    const std::scoped_lock lock(mutex_);
    forget_ended();
    processes_[process->pid()] = process;
  }
  stream_output(*process, subscription, stream, stopping, true);
}

void EnvdProcesses::connect(const CallMessage& request, ConnectStream& stream, Cancellation& stopping) {
  const SharedProcess process = find(request, true);
  ProcessOutput::Subscription subscription(process->output());
  stream_output(*process, subscription, stream, stopping, false);
}

/// Sends everything that a process says, and the end of the stream after its end.
void EnvdProcesses::stream_output(Process& process, ProcessOutput::Subscription& subscription,
                                  ConnectStream& stream, Cancellation& stopping, bool is_started_by_it) {
  const auto hook = stopping.on_cancel([&] { process.output().wake_all(); });
  // At once, before it has said anything: it may never.
  stream.send(connect_frame(Json{{"event", {{"start", {{"pid", process.pid()}}}}}}.dump()));
  for (;;) {
    const std::vector<ProcessOutput::Frame> frames = subscription.take(stream.next_tick());
    stream.tick();
    std::vector<std::string_view> pieces;
    for (const ProcessOutput::Frame& frame : frames) pieces.emplace_back(*frame);
    const bool is_finished = subscription.is_finished();
    if (is_finished && !(is_started_by_it && process.is_overdue())) return stream.end(pieces);
    // To whom set the deadline, its having passed is the end.
    if (is_finished) pieces.pop_back();
    if (!pieces.empty()) stream.send(pieces);
    if (is_finished) throw Error(ErrorKind::kUser, "sandbox.deadline_exceeded", "context deadline exceeded");
  }
}

}  // namespace osiris::sandbox
