#include <csignal>
#include <iostream>

#include "base/cancellation.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "cli/session_argument.h"
#include "cli/step_story.h"
#include "run/stop_signals.h"
#include "session/session_lines.h"
#include "session/session_reader.h"

namespace osiris::cli {

namespace {

std::string step_table(const SessionDetail& detail) {
  std::vector<std::vector<std::string>> rows;
  for (const StepTally& step : detail.steps) {
    rows.push_back({step.step_id, step.component, std::string(to_string(step.status)),
                    with_thousands(step.rows_read), with_thousands(step.rows_written),
                    human_duration(step.duration_ms)});
  }
  if (rows.empty()) return {};
  const std::vector<std::string> header{"STEP", "COMPONENT", "STATUS", "ROWS IN", "ROWS OUT", "DURATION"};
  cut_to_fit(header, rows, 0);
  return cat("\n", table_text(header, rows, {3, 4, 5}));
}

std::string detail_text(const SessionDetail& detail) {
  constexpr std::size_t kToSeconds = 19;
  const SessionSummary& summary = detail.summary;
  std::string text = cat(summary.id, "  ", to_string(summary.status), "\n");
  text += cat("pipeline  ", summary.pipeline, "\n");
  text += cat("started   ", local_time(summary.started_at_ms).substr(0, kToSeconds), "\n");
  if (summary.duration_ms) text += cat("duration  ", human_duration(*summary.duration_ms), "\n");
  if (summary.kind == "run") text += cat("rows      ", with_thousands(summary.total_rows), "\n");
  if (!summary.manifest.empty()) text += cat("manifest  ", summary.manifest, "\n");
  text += cat("size      ", human_bytes(detail.size_bytes), "\n");
  text += step_table(detail);
  const auto artifacts = detail.all<ArtifactWritten>();
  if (!artifacts.empty()) text += "\n";
  for (const ArtifactWritten& artifact : artifacts) {
    text += cat("artifact  ", artifact.target.empty() ? artifact.path : artifact.target, "  ",
                human_bytes(artifact.size_bytes), "\n");
  }
  for (const Warning& warning : detail.all<Warning>()) text += cat("\n", warning_text(warning));
  for (const ErrorEvent& error : detail.all<ErrorEvent>()) {
    text += cat("\nerror: ", error.error.message, "\n");
    std::vector<std::string> places;
    if (!error.error.location.empty()) places.push_back(error.error.location);
    if (!error.step_id.empty()) places.push_back(cat("step '", error.step_id, "'"));
    if (!places.empty()) text += cat("  at ", join(places, ", "), "\n");
    if (!error.error.hint.empty()) text += cat("  hint: ", error.error.hint, "\n");
  }
  return text;
}

Answer show_session(const fs::path& folder) {
  const SessionDetail detail = read_detail(folder);
  Answer answer;
  answer.json = to_json(detail);
  answer.text = detail_text(detail);
  return answer;
}

/// The three lists that a session's files are, by the words of their options.
struct RawList {
  std::string_view name;
  SessionFile file;
};
constexpr std::array<RawList, 3> kRawLists{
    {{"events", SessionFile::kEvents}, {"metrics", SessionFile::kMetrics}, {"log", SessionFile::kLog}}};

/// The list that is wanted; nothing where the session's story is.
std::optional<RawList> raw_list(const Invocation& invocation) {
  std::optional<RawList> wanted;
  for (const RawList& list : kRawLists) {
    if (!invocation.has(cat("--", list.name))) continue;
    if (wanted) {
      throw Error(ErrorKind::kUser, "cli.usage", "--events, --metrics and --log are three lists",
                  "ask for one of them");
    }
    wanted = list;
  }
  return wanted;
}

Answer show_list(const fs::path& folder, const RawList& list, const std::string& step_id) {
  const std::vector<std::string> lines = session_lines(folder, list.file, step_id);
  Answer answer;
  for (const std::string& line : lines) answer.text += line + "\n";
  answer.json = {{"session", folder.filename().string()}};
  answer.json[std::string(list.name)] =
      list.file == SessionFile::kLog ? json_of(log_entries(lines)) : json_of_lines(lines);
  return answer;
}

/// Prints lines as they come, for that is what following is; the answer is how it ended.
Answer follow(const fs::path& folder, SessionFile file, const std::string& step_id) {
  Cancellation cancellation;
  StopSignals signals([&](int) { cancellation.cancel(); });
  const auto status = follow_session(
      folder, file, step_id, [](std::string_view line) { std::cout << line << '\n'
                                                                   << std::flush; },
      cancellation);
  Answer answer;
  constexpr int kSignalBase = 128;
  if (status) answer.messages = cat(folder.filename().string(), "  ", to_string(*status), "\n");
  if (!status) answer.exit_code = kSignalBase + signals.received();
  return answer;
}

Answer show_wanted(const Invocation& invocation) {
  const auto list = raw_list(invocation);
  const bool follows = invocation.has("--follow");
  if (follows && invocation.is_json()) {
    throw Error(ErrorKind::kUser, "cli.usage",
                "--follow prints lines as they come, --json one document at the end",
                "osiris logs show --session ID --follow --events prints a JSON object a line");
  }
  const fs::path folder = follows ? named_or_newest_session(invocation) : named_session(invocation);
  const std::string step_id = invocation.value("--step").value_or("");
  if (follows) return follow(folder, list ? list->file : SessionFile::kLog, step_id);
  if (!list) return step_id.empty() ? show_session(folder) : show_step(invocation, folder, step_id);
  if (!step_id.empty()) check_step(folder, step_id);
  return show_list(folder, *list, step_id);
}

Answer show_last(const Invocation& invocation) { return show_session(newest_run(invocation)); }

}  // namespace

std::vector<Command> log_show_commands() {
  return {{"logs show",
           "--session ID",
           0,
           1,
           "Show one session: steps, rows, files, what went wrong",
           {{"osiris logs show --session run_1234567890", "by its id, or the beginning of it"},
            {"osiris logs show run_12345 --step orders", "one step: config, columns, rows, its log"},
            {"osiris logs show run_12345 --events", "its events, a JSON object a line"},
            {"osiris logs show --follow", "the newest run's log, as it grows"}},
           {session_option("The session"),
            {"--events", "", "Print events.jsonl", {}},
            {"--metrics", "", "Print metrics.jsonl", {}},
            {"--log", "", "Print osiris.log", {}},
            {"--step", "ID", "Tell of this step alone; with one of the three, only its lines", {}},
            {"--follow", "", "Print lines as they come, until the session ends", {"-f"}}},
           show_wanted},
          {"logs last",
           "",
           0,
           0,
           "Show the newest run",
           {{"osiris logs last", "the same as logs show of the newest run"}},
           {},
           show_last}};
}

}  // namespace osiris::cli
