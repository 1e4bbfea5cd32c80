#include "report/parts.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"

namespace osiris {

namespace {

constexpr std::size_t kNearbyEvents = 6;

std::string fact(const std::string& name, const std::string& value, const std::string& more = {}) {
  return cat("<div><dt>", name, "</dt><dd>", value, more.empty() ? "" : cat("<small>", more, "</small>"),
             "</dd></div>");
}

std::int64_t median(std::vector<std::int64_t> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// "12 % faster than the median of 5 runs".
std::string against_median(const RunStory& story) {
  std::vector<std::int64_t> durations;
  for (const SessionSummary& run : story.earlier) {
    if (run.status == SessionStatus::kSuccess && run.duration_ms) durations.push_back(*run.duration_ms);
  }
  const bool is_like_them = story.detail.summary.status == SessionStatus::kSuccess;
  if (durations.empty() || !is_like_them || !story.detail.summary.duration_ms) return {};
  const std::int64_t usual = std::max<std::int64_t>(median(durations), 1);
  const auto percent = static_cast<int>(std::lround(
      100.0 * static_cast<double>(*story.detail.summary.duration_ms - usual) / static_cast<double>(usual)));
  const std::string of =
      cat("the median of ", counted(durations.size(), "earlier run"), ", ", human_duration(usual));
  if (percent == 0) return cat("as ", of);
  return cat(std::abs(percent), " % ", percent < 0 ? "faster" : "slower", " than ", of);
}

/// The command that does the same again; a pipeline's name may be anything, its file is what is run.
std::string repeat_command(const RunStory& story) {
  if (story.manifest && !story.manifest->steps.empty()) {
    const std::string file = Location::parse(story.manifest->steps.front().location).file;
    if (!file.empty()) return cat("osiris run ", file, story.is_remote() ? " --e2b" : "");
  }
  return cat("osiris run ", story.detail.summary.manifest);
}

std::uint64_t rows_in(const RunStory& story) {
  std::uint64_t rows = 0;
  for (const StepStory& step : story.steps) rows += step.role == "extractor" ? step.rows_read : 0;
  return rows;
}

std::string facts(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string out = "<dl class=\"facts\">";
  out += fact("Duration", summary.duration_ms ? human_duration(*summary.duration_ms) : "not over",
              against_median(story));
  out += fact("Rows in", with_thousands(rows_in(story)));
  out += fact("Rows out", with_thousands(summary.total_rows));
  out += fact("Steps",
              cat(summary.steps_ok, " of ", std::max<std::uint64_t>(summary.steps_total, story.steps.size())),
              "succeeded");
  if (story.bootstrap_ms)
    out += fact("Bootstrap", human_duration(static_cast<std::int64_t>(*story.bootstrap_ms + 0.5)),
                "from asking for the sandbox to its first word");
  if (story.detail.peak_memory_mb > 0)
    out += fact("Peak memory", cat(static_cast<std::int64_t>(story.detail.peak_memory_mb + 0.5), " MB"));
  out += fact("Started", escaped(local_time(summary.started_at_ms).substr(0, 19)));
  if (story.start && !story.start->fingerprint.empty())
    out += fact("Manifest", cat("<code>", escaped(story.start->fingerprint.substr(0, 19)), "…</code>"));
  if (story.start) out += fact("Made by", escaped(story.start->version));
  return out + "</dl>";
}

std::string excerpt_text(const Excerpt& excerpt) {
  std::string out = "<pre>";
  for (std::size_t index = 0; index < excerpt.lines.size(); ++index) {
    const std::size_t number = excerpt.first_line + index;
    const std::string prefix = cat(number < 10 ? "   " : number < 100 ? "  " : " ", number, "  ");
    const bool is_here = number == excerpt.line;
    out += cat(is_here ? "<span class=\"here\">" : "", prefix, escaped(excerpt.lines[index]),
               is_here ? "</span>" : "", "\n");
    if (is_here) {
      out += cat("<span class=\"here\">", std::string(prefix.size() + excerpt.column - 1, ' '), "^ ",
                 escaped(cat(excerpt.file, ":", excerpt.line)), "</span>\n");
    }
  }
  return out + "</pre>";
}

/// What happened last before the first error.
std::string nearby_events(const RunStory& story) {
  const auto& events = story.detail.events;
  const auto error = std::ranges::find_if(
      events, [](const SessionEvent& event) { return event.name == "error" || event.name == "step_failed"; });
  if (error == events.end()) return {};
  const auto index = static_cast<std::size_t>(error - events.begin());
  std::vector<std::vector<std::string>> rows;
  for (std::size_t at = index > kNearbyEvents ? index - kNearbyEvents : 0;
       at < std::min(index + 2, events.size()); ++at) {
    const SessionEvent& event = events[at];
    const std::string time = event.at_ms ? iso8601(*event.at_ms).substr(11, 12) : "";
    rows.push_back({cat("<a href=\"#event-", at, "\"><code>", time, "</code></a>"), isolated(event.name),
                    isolated(event.step_id)});
  }
  return cat("<details><summary>What happened around it</summary><div>",
             table({"Time", "Event", "Step"}, rows), "</div></details>");
}

std::string failure(const RunStory& story) {
  const auto errors = story.detail.all<ErrorEvent>();
  std::string code, message, hint, location, step;
  if (!errors.empty()) {
    const ErrorEvent& first = errors.front();
    code = first.error.code;
    message = first.error.message;
    hint = first.error.hint;
    location = first.error.location;
    step = first.step_id;
  } else if (story.detail.summary.status == SessionStatus::kCrashed) {
    message = "the process is gone, and it left no word";
    hint = cat("`osiris run --resume ", story.detail.summary.id,
               "` finds out what was committed and does the rest");
  } else {
    return {};
  }
  // What follows the first line is mostly drawn, a caret under a place.
  const std::size_t line_end = std::min(message.find('\n'), message.size());
  std::string out =
      cat("<div class=\"failure\"><div class=\"what\">", isolated(message.substr(0, line_end)), "</div>");
  if (const std::string_view rest = trim(std::string_view(message).substr(line_end)); !rest.empty())
    out += cat("<pre>", escaped(rest), "</pre>");
  if (!hint.empty()) out += cat("<p><b>What to do:</b> ", isolated(hint), "</p>");
  std::string where;
  if (!step.empty())
    where += cat("step <a href=\"#", step_anchor(story, step), "\">", isolated(step), "</a> ");
  if (!location.empty()) where += cat("at <code>", escaped(location), "</code> ");
  if (!code.empty()) where += cat("· <code>", escaped(code), "</code>");
  out += cat("<p class=\"soft\">", where, "</p></div>");
  if (story.excerpt) out += excerpt_text(*story.excerpt);
  return out + nearby_events(story);
}

}  // namespace

std::string overview_part(const RunStory& story) {
  const SessionSummary& summary = story.detail.summary;
  std::string out =
      cat("<header class=\"lead ", to_string(summary.status), "\" id=\"overview\"><div>",
          status_word(summary.status), " <span class=\"badge", story.is_remote() ? " remote" : "", "\">",
          story.is_remote() ? "E2B" : "Local", "</span></div><h1>",
          isolated(summary.pipeline.empty() ? summary.id : summary.pipeline), "</h1><p class=\"soft\">");
  if (story.manifest && !story.manifest->description.empty())
    out += cat(isolated(story.manifest->description), " · ");
  out += cat("<code>", escaped(summary.id), "</code></p>", failure(story), facts(story));
  const std::string command = repeat_command(story);
  out += cat("<div class=\"command\"><code>", escaped(command), "</code><button data-copy=\"",
             escaped(command), "\">Copy</button></div>");
  return out + "</header>";
}

}  // namespace osiris
