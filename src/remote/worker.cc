#include "remote/worker.h"

#include <iostream>
#include <memory>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "remote/journal.h"
#include "remote/worker_order.h"
#include "run/run_manifest.h"

namespace osiris::remote {

namespace {

class NoObserver : public RunObserver {
 public:
  void run_started(const Session&, const Executor&) override {}
  void run_ended(const RunOutcome&) override {}
};

Project project_of(const WorkerOrder& order) {
  Environment environment;
  for (const auto& variable : order.variables)
    environment.set(variable.name, {variable.value, variable.origin});
  return {order.folder, order.settings, std::move(environment), Connections(order.connections)};
}

/// Hears what the host says while the run is under way.
void obey(Cancellation& run) {
  for (std::string line; std::getline(std::cin, line);) {
    const Json order = Json::parse(line, nullptr, false);
    if (order.is_object() && order.value("cmd", "") == "cancel") run.cancel();
  }
}

Json done_record(const RunReport& report) {
  Json done{{"status", to_string(report.outcome.status)}, {"exit_code", report.exit_code}};
  if (report.outcome.error) {
    const Error& error = *report.outcome.error;
    done["error"] = {{"kind", to_string(error.kind())},
                     {"code", error.code()},
                     {"message", error.message()},
                     {"hint", error.hint()},
                     {"location", error.location().to_string()},
                     {"retryable", error.is_retryable()},
                     {"step_id", error.step()},
                     {"frames", error.frames()}};
  }
  return done;
}

}  // namespace

int run_worker(const Registry& registry) {
  std::string line;
  std::getline(std::cin, line);
  const WorkerOrder order = parse_order(line);
  make_folders(order.folder);
  JournalWriter journal(fs::path(order.folder) / kJournalFile, STDOUT_FILENO);
  const auto stop = std::make_shared<Cancellation>();
  std::thread([stop] { obey(*stop); }).detach();

  LoadedManifest loaded;
  loaded.text = order.manifest;
  loaded.manifest = parse_manifest(order.manifest, "manifest.yaml", true);
  loaded.shown_path = order.shown_path;
  RunOptions options = order.options;
  options.relayed = RelayedRun{order.session_ms, [&](std::string_view told) { journal.put("line", told); }};
  NoObserver nobody;
  const RunReport report = run_manifest(loaded, project_of(order), registry, options, nobody, stop.get());
  journal.put("done", done_record(report).dump(-1, ' ', false, Json::error_handler_t::replace));
  if (report.outcome.has_stuck_threads) ::_exit(report.exit_code);
  return report.exit_code;
}

}  // namespace osiris::remote
