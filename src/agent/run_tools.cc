#include <mutex>

#include "agent/aiop.h"
#include "agent/project_file.h"
#include "agent/tool.h"
#include "agent/tool_schema.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "run/pipeline_source.h"
#include "session/session_lines.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

constexpr std::uint64_t kMostLines = 500;
constexpr std::uint64_t kUsualLines = 50;

/// What a run is going to do, in words for the person who has to allow it.
std::string question_text(const Manifest& manifest, const std::string& path, const std::string& fingerprint,
                          const std::optional<std::uint64_t>& limit) {
  std::string text = cat("Run ", manifest.name, " (", path, ", ", fingerprint, ")");
  if (limit) text += cat(", at most ", counted(*limit, "row"), " of each source");
  text += "?\n";
  for (const ManifestStep& step : manifest.steps) {
    text += cat("- ", step.id, ": ", step.component, ", ", step.mode);
    if (!step.connection.empty()) text += cat(", ", step.connection);
    for (const char* key : {"table", "path", "write_mode"}) {
      if (step.config.contains(key) && step.config[key].is_string())
        text += cat(", ", key, " ", step.config[key].get<std::string>());
    }
    text += "\n";
  }
  return text;
}

LoadedManifest load_manifest(const std::string& path, const Project& project, const Registry& registry) {
  PipelineRequest request;
  request.shown_file = path;
  request.file = project_file(path, project);
  if (!looks_like_manifest(read_file(*request.file))) {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments",
                cat("arguments of run: 'manifest' is no manifest: '", path, "'"),
                "compile the pipeline first");
  }
  return *load_pipeline(request, project, registry).manifest;
}

/// Two runs at once would share what is the process's own.
std::mutex& run_lock() {
  static std::mutex lock;
  return lock;
}

Json run_tool(const Json& arguments, ToolContext& context) {
  const std::string path = arguments["manifest"];
  const LoadedManifest loaded = load_manifest(path, context.project, context.registry);
  const std::string fingerprint = manifest_fingerprint(loaded.text);
  if (fingerprint != arguments["fingerprint"]) {
    throw Error(ErrorKind::kUser, "agent.wrong_fingerprint",
                cat("the manifest is not the one that was shown; its fingerprint is '", fingerprint, "'"),
                "show the person the plan of this manifest, then run it");
  }
  RunOptions options;
  if (arguments.contains("limit")) options.row_limit = arguments["limit"].get<std::uint64_t>();
  const std::string question = question_text(loaded.manifest, path, fingerprint, options.row_limit);
  if (!context.consent.ask({Question::Act::kRun, question, osiris::fingerprint(question)})) {
    throw Error(ErrorKind::kUser, "agent.declined", "the person did not allow the run",
                "ask what should be different");
  }
  const std::unique_lock<std::mutex> lock(run_lock(), std::try_to_lock);
  if (!lock.owns_lock()) {
    throw Error(ErrorKind::kUser, "agent.busy", "another run goes on", "wait for its end, or cancel it")
        .retryable();
  }
  const std::unique_ptr<RunObserver> observer =
      context.watch ? context.watch(loaded.manifest.name) : std::make_unique<RunObserver>();
  const RunReport report =
      run_manifest(loaded, context.project, context.registry, options, *observer, &context.cancellation);
  return outline_json(read_detail(report.session_folder));
}

fs::path session_folder(const Json& arguments, const Project& project) {
  const fs::path logs = project.logs_folder();
  if (const auto id = optional_text(arguments, "session")) return logs / find_session(logs, *id);
  return logs / newest_run(logs);
}

Json status_tool(const Json& arguments, ToolContext& context) {
  return outline_json(read_detail(session_folder(arguments, context.project)));
}

Json logs_tool(const Json& arguments, ToolContext& context) {
  const fs::path folder = session_folder(arguments, context.project);
  const std::string list = arguments.value("list", "log");
  const SessionFile file = list == "events"    ? SessionFile::kEvents
                           : list == "metrics" ? SessionFile::kMetrics
                                               : SessionFile::kLog;
  std::vector<std::string> lines = session_lines(folder, file, optional_text(arguments, "step").value_or(""));
  const std::size_t last = arguments.value("last", kUsualLines);
  const std::size_t left_out = lines.size() > last ? lines.size() - last : 0;
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(left_out));
  Json json{{"session", folder.filename().string()}, {"list", list}, {"left_out", left_out}};
  json["lines"] = file == SessionFile::kLog ? Json(lines) : json_of_lines(lines);
  for (Json& line : json["lines"]) {
    if (line.is_object()) line = without_values(line);
  }
  return json;
}

}  // namespace

std::vector<Tool> run_tools() {
  using Effect = Tool::Effect;
  const Json session = text_schema("A session's id or its beginning; without it the newest run");
  const Json outline = open_object_schema(
      {{"session", text_schema("")}, {"status", text_schema("")}, {"steps", object_list()}},
      {"session", "status", "steps"});
  return {
      {"run", "Run a manifest",
       "Moves the data, after the person said yes to this very manifest. Returns how the run ended.",
       Effect::kRuns,
       object_schema(
           {{"manifest", text_schema("Path of the manifest, as compile returned it")},
            {"fingerprint", text_schema("Its fingerprint, as compile or plan returned it")},
            {"limit",
             {{"type", "integer"}, {"minimum", 1}, {"description", "Stop each source after so many rows"}}}},
           {"manifest", "fingerprint"}),
       outline, run_tool},
      {"run_status", "Status of a run", "Says how a run stands or ended: steps, rows, files, errors.",
       Effect::kLooks, object_schema({{"session", session}}), outline, status_tool},
      {"logs_show", "Lines of a run's logs", "The last lines of a session's log, events or metrics.",
       Effect::kLooks,
       object_schema({{"session", session},
                      {"list", {{"enum", {"log", "events", "metrics"}}}},
                      {"step", text_schema("Only lines about this step")},
                      {"last", {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostLines}}}}),
       object_schema({{"session", text_schema("")},
                      {"list", text_schema("")},
                      {"left_out", {{"type", "integer"}}},
                      {"lines", {{"type", "array"}}}},
                     {"session", "list", "left_out", "lines"}),
       logs_tool},
  };
}

}  // namespace osiris
