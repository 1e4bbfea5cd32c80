#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "session/session_reader.h"

namespace osiris::cli {

namespace {

constexpr std::string_view kStatusWords = "success, failed, cancelled, running, crashed";

constexpr std::array<std::string_view, 7> kHeader{"SESSION",  "PIPELINE", "STARTED", "STATUS",
                                                  "DURATION", "ROWS",     "STEPS"};
constexpr std::size_t kPipelineColumn = 1;

SessionStatus status_of(const std::string& word) {
  if (const auto status = parse_status(word)) return *status;
  throw Error(ErrorKind::kUser, "cli.usage", cat("no such status: '", word, "'"),
              cat("known: ", kStatusWords));
}

/// A duration counts back from now; a date or a time is local.
std::int64_t since_ms(const std::string& text) {
  if (const auto age_ms = parse_duration_ms(text)) return now_ms() - *age_ms;
  if (const auto at_ms = parse_local_time(text)) return *at_ms;
  throw Error(ErrorKind::kUser, "cli.usage", cat("--since takes an age or a date, not '", text, "'"),
              "2h, 7d, 2026-01-31, or '2026-01-31 18:00'");
}

SessionFilter filter_of(const Invocation& invocation) {
  SessionFilter filter;
  filter.most = static_cast<std::size_t>(invocation.count("--recent").value_or(0));
  if (const auto word = invocation.value("--status")) filter.status = status_of(*word);
  filter.pipeline = invocation.value("--pipeline");
  if (const auto text = invocation.value("--since")) filter.since_ms = since_ms(*text);
  return filter;
}

std::vector<std::string> row_of(const SessionSummary& summary) {
  constexpr std::size_t kToSeconds = 19;
  const bool is_run = summary.kind == "run";
  std::vector<std::string> row;
  row.reserve(kHeader.size());
  row.push_back(summary.id);
  row.push_back(summary.pipeline);
  row.push_back(local_time(summary.started_at_ms).substr(0, kToSeconds));
  row.emplace_back(to_string(summary.status));
  row.push_back(summary.duration_ms ? human_duration(*summary.duration_ms) : "");
  row.push_back(is_run ? with_thousands(summary.total_rows) : "");
  row.push_back(is_run ? std::to_string(summary.steps_ok) + "/" + std::to_string(summary.steps_total) : "");
  return row;
}

Answer answer_list(const Invocation& invocation) {
  const SessionFilter filter = filter_of(invocation);
  const auto sessions = list_sessions(invocation.project().logs_folder(), filter);
  Answer answer;
  if (invocation.is_json()) {
    answer.json["sessions"] = Json::array();
    for (const SessionSummary& summary : sessions) answer.json["sessions"].push_back(to_json(summary));
    return answer;
  }
  if (sessions.empty()) {
    const bool is_filtered = filter.status || filter.pipeline || filter.since_ms != 0;
    answer.text = is_filtered ? "no session matches\n" : "no sessions yet; osiris run makes one\n";
    return answer;
  }
  const std::vector<std::string> header(kHeader.begin(), kHeader.end());
  std::vector<std::vector<std::string>> rows;
  rows.reserve(sessions.size());
  for (const SessionSummary& summary : sessions) rows.push_back(row_of(summary));
  cut_to_fit(header, rows, kPipelineColumn);
  answer.text = table_text(header, rows, {4, 5, 6});
  return answer;
}

}  // namespace

std::vector<Command> log_list_commands() {
  return {{"logs list",
           "",
           0,
           0,
           "List the sessions, newest first",
           {{"osiris logs list", "all of them"},
            {"osiris logs list --recent 5", "the newest five"},
            {"osiris logs list --status failed --since 7d", "what failed in the last week"},
            {"osiris logs list --pipeline orders --json", "those of one pipeline, as one document"}},
           {{"--recent", "N", "Only the newest N of those that match", {"--limit"}},
            {"--status", "WORD", cat("Only those that ended so: ", kStatusWords), {}},
            {"--pipeline", "NAME", "Only those of this pipeline", {}},
            {"--since", "WHEN", "Only those that started later: 2h, 7d, 2026-01-31", {}}},
           answer_list}};
}

}  // namespace osiris::cli
