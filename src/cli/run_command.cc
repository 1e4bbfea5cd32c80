#include <cstdlib>
#include <map>

#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/messages.h"
#include "cli/pipeline_arguments.h"
#include "cli/plan_answer.h"
#include "cli/progress.h"
#include "cli/remote_arguments.h"
#include "run/resume.h"
#include "session/session_reader.h"

namespace osiris::cli {

namespace {

/// How the work is done; what the work is, a resumed run knows itself.
void add_manner(const Invocation& invocation, RunOptions& options) {
  options.fail_fast = invocation.has("--fail-fast");
  options.installs_packages = invocation.has("--install-deps");
  options.jobs = static_cast<std::size_t>(invocation.count("--jobs").value_or(0));
}

RunOptions run_options(const Invocation& invocation) {
  RunOptions options;
  options.row_limit = invocation.count("--limit");
  options.range = {invocation.has("--full-refresh"), invocation.value("--from"), invocation.value("--to")};
  if (options.range.is_full_refresh && (options.range.from || options.range.to)) {
    throw Error(ErrorKind::kUser, "cli.usage", "--full-refresh reads everything, --from and --to a part",
                "give one of them");
  }
  add_manner(invocation, options);
  return options;
}

/// The options that say what is run, which a session that is resumed has settled.
constexpr std::array<std::string_view, 9> kSettledOptions{
    "--last-compile", "--profile", "--param",   "--limit",        "--full-refresh",
    "--from",         "--to",      "--dry-run", "--accept-edited"};

/// Progress as it was asked for; else live where a person sees it, now and then in a log.
ProgressStyle progress_style(const Invocation& invocation) {
  static const std::map<std::string, ProgressStyle> kStyles{
      {"plain", ProgressStyle::kPlain}, {"json", ProgressStyle::kJson}, {"off", ProgressStyle::kOff}};
  if (const auto name = invocation.value("--progress"); name && *name != "auto") {
    if (const auto found = kStyles.find(*name); found != kStyles.end()) return found->second;
    throw Error(ErrorKind::kUser, "cli.usage", cat("--progress knows no such style: '", *name, "'"),
                "known: auto, plain, json, off");
  }
  if (invocation.has("--quiet") || invocation.is_json()) return ProgressStyle::kOff;
  const char* automat = std::getenv("CI");
  const bool is_watched = automat == nullptr || *automat == '\0';
  const bool is_live = is_watched && !invocation.has("--verbose") && Terminal(STDERR_FILENO).is_shown();
  return is_live ? ProgressStyle::kLive : ProgressStyle::kPlain;
}

ProgressOptions progress_options(const Invocation& invocation) {
  const bool has_table = !invocation.is_json() && !invocation.has("--quiet");
  return {progress_style(invocation), invocation.has("--verbose"),
          !(has_table && Terminal(STDOUT_FILENO).is_shown())};
}

struct TableColumn {
  std::string header;
  bool is_number = false;
  std::vector<std::string> cells{};
};

std::string table_of(const std::vector<TableColumn>& columns) {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows(columns.front().cells.size());
  std::vector<std::size_t> right;
  for (const TableColumn& column : columns) {
    if (column.is_number) right.push_back(header.size());
    header.push_back(column.header);
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(column.cells[row]);
  }
  return table_text(header, rows, right);
}

/// A table of the steps. In a terminal that is too narrow for it, it goes without the components, then
/// without the rows in.
std::string steps_text(const RunReport& report, const Terminal& terminal) {
  if (report.tally.steps.empty()) return {};
  std::vector<TableColumn> columns{{"  STEP", false}, {"COMPONENT", false}, {"STATUS", false},
                                   {"ROWS IN", true}, {"ROWS OUT", true},   {"DURATION", true}};
  for (const StepTally& step : report.tally.steps) {
    const std::string status(to_string(step.status));
    std::size_t column = 0;
    for (const std::string& cell :
         {"  " + step.step_id, step.component, terminal.has_colour() ? painted(status) : status,
          with_thousands(step.rows_read), with_thousands(step.rows_written),
          human_duration(step.duration_ms)})
      columns[column++].cells.push_back(cell);
  }
  std::string text = table_of(columns);
  for (const std::string_view dispensable : {"COMPONENT", "ROWS IN"}) {
    const auto lines = split(text, '\n');
    const bool fits = std::ranges::all_of(lines, [width = terminal.size().columns](const std::string& line) {
      return display_width(line) <= width;
    });
    if (fits || !terminal.is_shown()) break;
    std::erase_if(columns, [&](const TableColumn& column) { return column.header == dispensable; });
    text = table_of(columns);
  }
  return text;
}

/// What a person may want to do next, once they have watched the run.
std::string next_text(const Invocation& invocation, const RunReport& report) {
  const auto project = invocation.value("--project");
  const std::string where = project ? cat(" --project ", *project) : "";
  std::string text = cat("next: osiris logs html --session ", report.session_id, where, " --open\n");
  const auto& error = report.outcome.error;
  if (error && error->kind() != ErrorKind::kUser)
    text += cat("      osiris run --resume ", report.session_id, where, "  (does what is not done yet)\n");
  return text;
}

Json steps_json(const RunReport& report) {
  Json steps = Json::array();
  for (const StepTally& step : report.tally.steps) {
    steps.push_back({{"id", step.step_id},
                     {"component", step.component},
                     {"status", to_string(step.status)},
                     {"rows_read", step.rows_read},
                     {"rows_written", step.rows_written},
                     {"duration_ms", step.duration_ms}});
  }
  return steps;
}

/// Copies what the run delivered, by step, to a folder of the user's.
void copy_artifacts(const RunReport& report, const fs::path& folder) {
  const fs::path artifacts = report.session_folder / "artifacts";
  if (!fs::exists(artifacts)) return;
  make_folders(folder);
  std::error_code problem;
  fs::copy(artifacts, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing, problem);
  if (problem)
    throw Error(ErrorKind::kUser, "file.unwritable",
                cat("cannot copy to '", folder.string(), "': ", problem.message()));
}

void add_warnings(const SessionDetail& detail, Answer& answer) {
  for (const Warning& warning : detail.all<Warning>()) {
    answer.messages += warning_text(warning);
    answer.json["warnings"].push_back({{"code", warning.code},
                                       {"message", warning.message},
                                       {"hint", warning.hint},
                                       {"step_id", warning.step_id}});
  }
}

/// Whether a writer's rows go to the standard output: "-" is the name of a file that is none.
bool writes_rows_to_stdout(const Manifest& manifest, const Registry& registry) {
  return std::any_of(manifest.steps.begin(), manifest.steps.end(), [&](const ManifestStep& step) {
    const RegisteredComponent* const component = registry.find(step.component);
    if (component == nullptr || component->spec.role != Role::kWriter) return false;
    return std::any_of(component->spec.fields.begin(), component->spec.fields.end(), [&](const Field& field) {
      return field.is_path && step.config.value(field.name, "") == "-";
    });
  });
}

Answer report_answer(const Invocation& invocation, const std::string& pipeline, const RunReport& report) {
  Answer answer;
  answer.exit_code = report.exit_code;
  answer.must_leave_at_once = report.outcome.has_stuck_threads;
  const std::string session = invocation.shown(report.session_folder);
  const std::string status(to_string(report.outcome.status));
  answer.json = {{"status", status},
                 {"pipeline", pipeline},
                 {"session_id", report.session_id},
                 {"session", session},
                 {"duration_ms", report.duration_ms},
                 {"total_rows", report.tally.total_rows()},
                 {"steps", steps_json(report)}};
  const Terminal terminal(STDOUT_FILENO);
  answer.text = cat(pipeline, ": ", terminal.has_colour() ? painted(status) : status, ", ",
                    counted(report.tally.total_rows(), "row"), " in ", human_duration(report.duration_ms),
                    "\n", steps_text(report, terminal), "session ", session, "\n");
  if (invocation.has("--quiet")) answer.text.clear();
  answer.json["warnings"] = Json::array();
  if (report.tally.warning_count > 0 && !invocation.has("--quiet"))
    add_warnings(read_detail(report.session_folder), answer);
  if (report.outcome.error) {
    answer.json["error"] = error_json(*report.outcome.error);
    answer.messages += error_text(*report.outcome.error);
  } else if (report.outcome.status == SessionStatus::kCancelled) {
    const Error cancelled(ErrorKind::kUser, "run.cancelled", "the run was stopped",
                          cat("osiris run --resume ", report.session_id, " does what is not done yet"));
    answer.json["error"] = error_json(cancelled);
    answer.messages += error_text(cancelled);
  }
  if (progress_style(invocation) == ProgressStyle::kLive) answer.messages += next_text(invocation, report);
  return answer;
}

/// Runs it where it was asked for.
RunReport run_where_asked(const Invocation& invocation, const LoadedManifest& loaded,
                          const RunOptions& options) {
  const bool is_remote = runs_in_sandbox(invocation);
  // Its thread begins with the run, after those that the signals are kept from.
  Progress progress(progress_options(invocation), loaded.manifest.name);
  if (is_remote) return run_remotely(invocation, loaded, options, progress);
  return run_manifest(loaded, invocation.project(), invocation.registry(), options, progress);
}

Answer run_manifest_of(const Invocation& invocation, const LoadedManifest& loaded,
                       const RunOptions& options) {
  const bool is_stdout_taken = writes_rows_to_stdout(loaded.manifest, invocation.registry());
  if (is_stdout_taken && invocation.is_json()) {
    throw Error(ErrorKind::kUser, "cli.usage",
                "a step writes its rows to stdout, where --json would print too",
                "give the step a file, or leave --json out");
  }
  const RunReport report = run_where_asked(invocation, loaded, options);
  if (const auto folder = invocation.value("--out"))
    copy_artifacts(report, invocation.working_directory() / *folder);
  Answer answer = report_answer(invocation, loaded.manifest.name, report);
  if (is_stdout_taken) answer.messages += std::exchange(answer.text, {});
  return answer;
}

Answer resume(const Invocation& invocation) {
  if (runs_in_sandbox(invocation)) {
    throw Error(ErrorKind::kUser, "cli.usage", "--resume does its work here, not in a sandbox",
                "leave the sandbox out, or run the pipeline anew");
  }
  for (const std::string_view option : kSettledOptions) {
    if (!invocation.has(std::string(option))) continue;
    throw Error(ErrorKind::kUser, "cli.usage", cat("--resume does the session's own work: without ", option));
  }
  if (!invocation.arguments().empty())
    throw Error(ErrorKind::kUser, "cli.usage", "--resume takes no pipeline: the session has its own");
  const fs::path logs = invocation.project().logs_folder();
  ResumedRun resumed = resume_session(logs / find_session(logs, *invocation.value("--resume")));
  add_manner(invocation, resumed.options);
  return run_manifest_of(invocation, resumed.manifest, resumed.options);
}

Answer run(const Invocation& invocation) {
  if (invocation.has("--resume")) return resume(invocation);
  const RunOptions options = run_options(invocation);
  const bool is_plan = invocation.has("--dry-run"), is_remote = runs_in_sandbox(invocation);
  if (is_plan && !is_remote) return plan_answer(invocation);
  const PipelineSource source =
      load_pipeline(pipeline_request(invocation), invocation.project(), invocation.registry());
  if (!source.manifest) return refusal(source);
  if (is_plan) {
    Answer answer = plan_answer(invocation);
    add_sending(invocation, *source.manifest, options, answer);
    return answer;
  }
  Answer answer = run_manifest_of(invocation, *source.manifest, options);
  answer.messages = warnings_text(source) + answer.messages;
  return answer;
}

}  // namespace

std::vector<Command> run_commands() {
  std::vector<Option> options = parameter_options();
  for (const Option& option : manifest_options()) options.push_back(option);
  for (const Option& option : std::vector<Option>{
           {"--resume", "SESSION", "Do what this session left undone, with its manifest", {}},
           {"--full-refresh", "", "Incremental reads begin anew, their rows replace the old ones", {}},
           {"--from", "VALUE", "Incremental reads begin at this cursor value; no mark moves", {}},
           {"--to", "VALUE", "Incremental reads end before this cursor value; no mark moves", {}},
           {"--limit", "N", "Stop each extractor after N rows", {}},
           {"--out", "DIR", "Also copy the artifacts there", {}},
           {"--fail-fast", "", "Stop independent branches too when a step fails", {}},
           {"--jobs", "N", "Groups of connected steps that run at the same time", {}},
           {"--install-deps", "", "Install packages that scripts miss, into environments of their own", {}},
           {"--dry-run", "", "Show the plan and run nothing", {}},
           {"--progress",
            "STYLE",
            "How stderr shows the run: plain, json or off; auto is by where it goes",
            {}},
           {"--verbose", "", "Tell on stderr when steps start and end", {"-v"}},
           {"--quiet", "", "Print nothing but errors", {"-q"}}}) {
    options.push_back(option);
  }
  options.insert(options.end(), sandbox_run_options().begin(), sandbox_run_options().end());
  return {{"run",
           "FILE|MANIFEST|--last-compile|--resume SESSION",
           0,
           1,
           "Run a pipeline",
           {{"osiris run --last-compile", "what the last compile made"},
            {"osiris run logs/run_123/compile_456/manifest.yaml", "a manifest"},
            {"osiris run pipeline.oml --limit 100", "compile and run, a hundred rows of each source"},
            {"osiris run --last-compile --dry-run", "show what would be read and written"},
            {"osiris run --resume run_1732400000000", "finish what a failed or killed run began"}},
           options,
           run}};
}

}  // namespace osiris::cli
