#include "base/clock.h"
#include "base/file_system.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "session/retention.h"
#include "session/session_reader.h"

namespace osiris::cli {

namespace {

std::string duration_text(const SessionSummary& summary) {
  return summary.duration_ms ? human_duration(*summary.duration_ms) : "";
}

Answer list(const Invocation& invocation) {
  const auto recent = invocation.count("--recent");
  const auto sessions =
      list_sessions(invocation.project().logs_folder(), static_cast<std::size_t>(recent.value_or(0)));
  Answer answer;
  answer.json = {{"sessions", Json::array()}};
  std::vector<std::vector<std::string>> rows;
  for (const SessionSummary& summary : sessions) {
    answer.json["sessions"].push_back(to_json(summary));
    const bool is_run = summary.kind == "run";
    rows.push_back({summary.id, summary.pipeline, local_time(summary.started_at_ms).substr(0, 19),
                    std::string(to_string(summary.status)), duration_text(summary),
                    is_run ? with_thousands(summary.total_rows) : "",
                    is_run ? cat(summary.steps_ok, "/", summary.steps_total) : ""});
  }
  answer.text = rows.empty()
                    ? "no sessions yet; osiris run makes one\n"
                    : table_text({"SESSION", "PIPELINE", "STARTED", "STATUS", "DURATION", "ROWS", "STEPS"},
                                 rows, {4, 5, 6});
  return answer;
}

std::string step_table(const SessionDetail& detail) {
  std::vector<std::vector<std::string>> rows;
  for (const StepTally& step : detail.steps) {
    rows.push_back({step.step_id, step.component, std::string(to_string(step.status)),
                    with_thousands(step.rows_read), with_thousands(step.rows_written),
                    human_duration(step.duration_ms)});
  }
  if (rows.empty()) return {};
  return "\n" +
         table_text({"STEP", "COMPONENT", "STATUS", "ROWS IN", "ROWS OUT", "DURATION"}, rows, {3, 4, 5});
}

std::string detail_text(const SessionDetail& detail) {
  const SessionSummary& summary = detail.summary;
  std::string text = cat(summary.id, "  ", to_string(summary.status), "\n");
  text += cat("pipeline  ", summary.pipeline, "\n");
  text += cat("started   ", local_time(summary.started_at_ms).substr(0, 19), "\n");
  if (summary.duration_ms) text += cat("duration  ", human_duration(*summary.duration_ms), "\n");
  if (summary.kind == "run") text += cat("rows      ", with_thousands(summary.total_rows), "\n");
  if (!summary.manifest.empty()) text += cat("manifest  ", summary.manifest, "\n");
  text += cat("size      ", human_bytes(detail.size_bytes), "\n");
  text += step_table(detail);
  if (!detail.artifacts.empty()) text += "\n";
  for (const ArtifactWritten& artifact : detail.artifacts) {
    text += cat("artifact  ", artifact.target.empty() ? artifact.path : artifact.target, "  ",
                human_bytes(artifact.size_bytes), "\n");
  }
  for (const Warning& warning : detail.warnings) text += cat("\n", warning_text(warning));
  for (const ErrorEvent& error : detail.errors) {
    text += cat("\nerror: ", error.error.message, "\n");
    if (!error.step_id.empty()) text += cat("  at step '", error.step_id, "'\n");
    if (!error.error.hint.empty()) text += cat("  hint: ", error.error.hint, "\n");
  }
  return text;
}

Answer show_session(const fs::path& logs_folder, const std::string& id) {
  const SessionDetail detail = read_detail(logs_folder / find_session(logs_folder, id));
  Answer answer;
  answer.json = to_json(detail);
  answer.text = detail_text(detail);
  return answer;
}

Answer show(const Invocation& invocation) {
  std::optional<std::string> id = invocation.value("--session");
  if (!id && !invocation.arguments().empty()) id = invocation.arguments().front();
  if (!id)
    throw Error(ErrorKind::kUser, "cli.usage", "name a session",
                "osiris logs show --session run_<ms>, or osiris logs last");
  return show_session(invocation.project().logs_folder(), *id);
}

Answer show_last(const Invocation& invocation) {
  const fs::path logs_folder = invocation.project().logs_folder();
  for (const std::string& id : session_ids(logs_folder)) {
    if (id.starts_with("run_")) return show_session(logs_folder, id);
  }
  throw Error(ErrorKind::kUser, "session.unknown", "nothing was run here yet", "osiris run pipeline.oml");
}

/// Days without a unit, as the Python original has them, or a duration.
std::int64_t age_ms(const std::string& text) {
  constexpr std::int64_t kDay = 86'400'000;
  if (const auto days = parse_integer(text)) return *days * kDay;
  if (const auto milliseconds = parse_duration_ms(text)) return *milliseconds;
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("--older-than takes days or a duration like 12h, not '", text, "'"));
}

/// GiB without a unit, as the Python original has them, or a size.
std::uint64_t size_bytes(const std::string& text) {
  constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
  if (const auto gibibytes = parse_integer(text)) return static_cast<std::uint64_t>(*gibibytes) * kGibibyte;
  if (const auto bytes = parse_size(text)) return *bytes;
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("--max-size takes GiB or a size like 500MiB, not '", text, "'"));
}

Answer collect_garbage(const Invocation& invocation) {
  RetentionRules rules;
  rules.keep_recent = invocation.count("--keep-recent");
  if (const auto age = invocation.value("--older-than")) rules.older_than_ms = age_ms(*age);
  if (const auto size = invocation.value("--max-size")) rules.max_size_bytes = size_bytes(*size);
  if (!rules.keep_recent && !rules.older_than_ms && !rules.max_size_bytes) {
    throw Error(ErrorKind::kUser, "cli.usage", "say what to keep", "osiris logs gc --keep-recent 10");
  }
  const RetentionPlan plan = plan_retention(invocation.project().logs_folder(), rules, now_ms());
  const bool is_dry = invocation.has("--dry-run");
  if (!is_dry) delete_sessions(plan);
  Answer answer;
  answer.json = to_json(plan);
  answer.json["dry_run"] = is_dry;
  for (const DoomedSession& doomed : plan.doomed) {
    answer.text += cat(is_dry ? "would delete " : "deleted ", doomed.id, "  ",
                       human_bytes(doomed.freed_bytes), "  ", doomed.reason, "\n");
  }
  for (const SparedSession& spared : plan.spared)
    answer.text += cat("kept ", spared.id, "  ", spared.reason, "\n");
  answer.text +=
      cat(counted(plan.doomed.size(), "session"), is_dry ? " to delete, " : " deleted, ", plan.kept_count,
          " kept, ", human_bytes(plan.freed_bytes()), is_dry ? " to free\n" : " freed\n");
  return answer;
}

}  // namespace

std::vector<Command> log_commands() {
  return {{"logs list",
           "",
           0,
           0,
           "List the sessions, newest first",
           {{"osiris logs list", "all of them"}, {"osiris logs list --recent 5", "the newest five"}},
           {{"--recent", "N", "Only the newest N", {"--limit"}}},
           list},
          {"logs show",
           "--session ID",
           0,
           1,
           "Show one session: steps, rows, files, what went wrong",
           {{"osiris logs show --session run_1234567890", "by its id, or the beginning of it"}},
           {{"--session", "ID", "The session", {}}},
           show},
          {"logs last",
           "",
           0,
           0,
           "Show the newest run",
           {{"osiris logs last", "the same as logs show of the newest run"}},
           {},
           show_last},
          {"logs gc",
           "",
           0,
           0,
           "Delete old sessions; never one that runs, nor the last compile",
           {{"osiris logs gc --keep-recent 10", "keeps the newest ten"},
            {"osiris logs gc --older-than 30d --dry-run", "says what would go"}},
           {{"--keep-recent", "N", "Keep the newest N sessions", {}},
            {"--older-than", "AGE", "Delete what is older: 30d, 12h; a bare number is days", {"--days"}},
            {"--max-size",
             "SIZE",
             "Delete the oldest until the rest fits: 500MiB; a bare number is GiB",
             {"--max-gb"}},
            {"--dry-run", "", "Say what would be deleted, and delete nothing", {}}},
           collect_garbage}};
}

}  // namespace osiris::cli
