#include <algorithm>
#include <cmath>
#include <map>

#include "base/clock.h"
#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/run_page.h"

namespace osiris {

namespace {

constexpr std::size_t kSparkRuns = 30;

std::string age(std::int64_t since_ms) {
  constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
  const std::int64_t passed = std::max<std::int64_t>(now_ms() - since_ms, 0);
  if (passed < kMinute) return "just now";
  if (passed < kHour) return cat(counted(static_cast<std::uint64_t>(passed / kMinute), "minute"), " ago");
  if (passed < kDay) return cat(counted(static_cast<std::uint64_t>(passed / kHour), "hour"), " ago");
  return cat(counted(static_cast<std::uint64_t>(passed / kDay), "day"), " ago");
}

std::string link(const SessionSummary& run, bool has_page) {
  const std::string name = cat("<code>", escaped(run.id), "</code>");
  return has_page ? cat("<a href=\"", escaped(run.id), ".html\">", name, "</a>") : name;
}

/// The runs of each pipeline, in the order of the newest.
std::vector<std::vector<SessionSummary>> by_pipeline(const std::vector<SessionSummary>& sessions) {
  std::vector<std::vector<SessionSummary>> groups;
  std::map<std::string, std::size_t> index;
  for (const SessionSummary& session : sessions) {
    if (session.kind != "run") continue;
    const auto [found, is_new] = index.emplace(session.pipeline, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(session);
  }
  return groups;
}

std::string pipeline_row(const std::vector<SessionSummary>& runs) {
  const auto ended =
      std::ranges::count_if(runs, [](const auto& run) { return run.status != SessionStatus::kRunning; });
  const auto good = std::ranges::count(runs, SessionStatus::kSuccess, &SessionSummary::status);
  const auto bad = std::ranges::find_if(runs, [](const SessionSummary& run) {
    return run.status == SessionStatus::kFailed || run.status == SessionStatus::kCrashed;
  });
  std::vector<SessionSummary> recent(
      runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(std::min(runs.size(), kSparkRuns)));
  std::ranges::reverse(recent);
  const SessionStatus last = runs.front().status;
  const long rate =
      ended == 0 ? 0 : std::lround(100.0 * static_cast<double>(good) / static_cast<double>(ended));
  return cat("<tr><td><b><bdi>", escaped(runs.front().pipeline), "</bdi></b></td><td><span class=\"status ",
             to_string(last), "\">", to_string(last), "</span> <span class=\"soft\">",
             age(runs.front().started_at_ms), "</span></td><td>", draw_sparkline(recent),
             "</td><td class=\"right\">", rate, " %</td><td class=\"soft\">",
             bad == runs.end() ? "never" : age(bad->started_at_ms), "</td></tr>");
}

std::string session_row(const SessionSummary& session, bool has_page) {
  return cat("<tr><td>", link(session, has_page), "</td><td><bdi>", escaped(session.pipeline),
             "</bdi></td><td><span class=\"status ", to_string(session.status), "\">",
             to_string(session.status), "</span></td><td>",
             escaped(local_time(session.started_at_ms).substr(0, 19)), "</td><td class=\"right\">",
             session.duration_ms ? human_duration(*session.duration_ms) : "", "</td><td class=\"right\">",
             session.kind == "run" ? with_thousands(session.total_rows) : "", "</td></tr>");
}

}  // namespace

std::string index_page(const std::vector<SessionSummary>& sessions, const std::vector<bool>& has_page) {
  const auto runs = std::ranges::count(sessions, "run", &SessionSummary::kind);
  std::string body = cat("<header class=\"lead\"><h1>Runs</h1><p class=\"soft\">",
                         counted(static_cast<std::uint64_t>(runs), "run"), ", ",
                         counted(sessions.size(), "session"), "</p></header><main>");
  if (const auto groups = by_pipeline(sessions); !groups.empty()) {
    body +=
        "<section id=\"pipelines\"><h2>Pipelines</h2><div class=\"scroll\" "
        "tabindex=\"0\"><table><thead><tr><th scope=\"col\">Pipeline</th>"
        "<th scope=\"col\">Last run</th><th scope=\"col\">Durations</th><th scope=\"col\" "
        "class=\"right\">Succeeded</th>"
        "<th scope=\"col\">Last failure</th></tr></thead><tbody>";
    for (const auto& group : groups) body += pipeline_row(group);
    body += "</tbody></table></div></section>";
  }
  body +=
      "<section id=\"sessions\"><h2>Sessions</h2><div class=\"filters\" hidden><input id=\"find\" "
      "type=\"search\" placeholder=\"Find by session, pipeline or status\" aria-label=\"Find a "
      "session\"></div><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th "
      "scope=\"col\">Session</th>"
      "<th scope=\"col\">Pipeline</th><th scope=\"col\">Status</th><th scope=\"col\">Started</th>"
      "<th scope=\"col\" class=\"right\">Duration</th><th scope=\"col\" "
      "class=\"right\">Rows</th></tr></thead><tbody>";
  for (std::size_t index = 0; index < sessions.size(); ++index)
    body += session_row(sessions[index], has_page[index]);
  body += "</tbody></table></div></section></main>";
  return whole_index_page("Osiris – runs", body);
}

}  // namespace osiris
