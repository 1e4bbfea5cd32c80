#include "remote/worker.h"

#include <iostream>
#include <memory>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "remote/journal.h"
#include "remote/packing.h"
#include "remote/worker_order.h"
#include "run/run_manifest.h"
#include "state/mark_store.h"

namespace osiris::remote {

namespace {

Project project_of(const WorkerOrder& order) {
  Environment environment;
  for (const auto& variable : order.variables)
    environment.set(variable.name, {variable.value, variable.origin});
  for (const auto& variable : order.environment)
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

/// The files below a folder of partitions, for the host to fetch.
Json tree_record(const fs::path& project, const std::string& name) {
  Json files = Json::array();
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(project / name, ignored)) {
    if (!entry.is_regular_file()) continue;
    files.push_back({{"path", entry.path().lexically_relative(project / name).string()},
                     {"size_bytes", entry.file_size()},
                     {"sha256", file_fingerprint(entry.path())}});
  }
  return {{"path", name}, {"files", std::move(files)}};
}

Json done_record(const WorkerOrder& order, const RunReport& report) {
  Json done{{"status", to_string(report.outcome.status)},
            {"exit_code", report.exit_code},
            {"duration_ms", report.duration_ms}};
  // What committed before another step failed is there, as after a local run.
  done["trees"] = Json::array();
  for (const std::string& name : order.trees) {
    if (fs::is_directory(fs::path(order.folder) / name))
      done["trees"].push_back(tree_record(order.folder, name));
  }
  done["marks"] = Json::object();
  for (const auto& kept : order.marks) {
    const auto now = MarkStore(order.folder).find(kept.name);
    if (now && now != kept.mark) done["marks"][kept.name] = print_mark(*now);
  }
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

/// The first line that is an order: one that came in part, over a connection that broke, goes before it.
WorkerOrder hear_order() {
  std::optional<Error> problem;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      return parse_order(line);
    } catch (const Error& error) {
      problem = error;
    }
  }
  throw Error(problem.value_or(Error(ErrorKind::kUser, "worker.order", "the worker was given no order")));
}

/// Unpacks the engine, where it came packed.
void unpack_engine() {
  const fs::path library = fs::read_symlink("/proc/self/exe").parent_path() / "lib" / "libduckdb.so";
  const fs::path packed = library.string() + ".zst";
  if (!fs::exists(packed) || fs::exists(library)) return;
  unpack_zstd(packed, library);
  fs::remove(packed);
}

}  // namespace

int run_worker(const Registry& registry) {
  const WorkerOrder order = hear_order();
  // Before the first thread. The program itself reads some of them, as a proxy or the place of packages.
  for (const auto& variable : order.environment)
    ::setenv(variable.name.c_str(), variable.value.reveal().c_str(), 1);
  unpack_engine();
  make_folders(order.folder);
  for (const auto& kept : order.marks) {
    if (kept.mark) MarkStore(order.folder).save(kept.name, *kept.mark);
  }
  JournalWriter journal(fs::path(order.folder) / kJournalFile, STDOUT_FILENO);
  const auto stop = std::make_shared<Cancellation>();
  std::thread([stop] { obey(*stop); }).detach();

  LoadedManifest loaded;
  loaded.text = order.manifest;
  loaded.manifest = parse_manifest(order.manifest, "manifest.yaml", true);
  loaded.shown_path = order.shown_path;
  RunOptions options = order.options;
  options.relayed = RelayedRun{order.session_ms, [&](std::string_view told) { journal.put("line", told); }};
  RunObserver nobody;
  const RunReport report = run_manifest(loaded, project_of(order), registry, options, nobody, stop.get());
  journal.put("done", done_record(order, report).dump(-1, ' ', false, Json::error_handler_t::replace));
  if (report.outcome.has_stuck_threads) ::_exit(report.exit_code);
  return report.exit_code;
}

}  // namespace osiris::remote
