#include <algorithm>

#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/svg.h"

namespace osiris {

namespace {

constexpr double kLabelWidth = 190, kPlotWidth = 720, kRowHeight = 26, kBarHeight = 14, kAxisHeight = 24;
constexpr std::size_t kLabelCharacters = 24;

/// A bar in a row's plot, whose whole width is the run's duration. The page zooms by stretching the plot, so
/// that round corners would be drawn out; a stroke keeps short bars visible.
std::string bar(const std::string& kind, double begin_ms, double length_ms, double scale) {
  return cat("<rect class=\"", kind, "\" x=\"", begin_ms * scale, "\" y=\"0\" width=\"",
             std::max(length_ms, 0.0) * scale, "\" height=\"", svg::at(kBarHeight), "\"/>");
}

/// The attempts of a step that failed and the waits between them; returns when the last one began.
double failed_attempts(const StepStory& step, double begin_ms, double scale, std::string& out) {
  for (const auto& [when_ms, retry] : step.retries) {
    const auto failed_at = static_cast<double>(when_ms), delay = static_cast<double>(retry.delay_ms);
    const std::string failure = cat("attempt ", retry.attempt - 1, " failed: ", retry.error.message);
    out += cat("<g>", bar("works failed", begin_ms, failed_at - begin_ms, scale), svg::title(failure), "</g>",
               bar("pauses", failed_at, delay, scale));
    begin_ms = failed_at + delay;
  }
  return begin_ms;
}

std::string bars(const StepStory& step, double scale, bool is_critical) {
  std::string out;
  const auto first = static_cast<double>(*step.begin_ms);
  const double end = first + static_cast<double>(step.duration_ms);
  const double begin = failed_attempts(step, first, scale, out);
  const double length = std::max(end - begin, 0.0);
  const double share = step.busy_ms && step.duration_ms > 0
                           ? std::min(*step.busy_ms / static_cast<double>(step.duration_ms), 1.0)
                           : 1;
  return cat(out,
             bar(cat("waits ", to_string(step.status), is_critical ? " critical" : ""), begin, length, scale),
             bar(cat("works ", to_string(step.status)), begin, length * share, scale));
}

/// A row: its label, and its plot, which is a drawing of its own so that it can be stretched alone.
std::string row(double y, const std::string& name, const std::string& drawn) {
  return cat("<rect class=\"hit\" x=\"0\" y=\"", svg::at(y), "\" width=\"", svg::at(kLabelWidth + kPlotWidth),
             "\" height=\"", svg::at(kRowHeight), "\"/>",
             svg::text(4, y + 17, "name", shortened(name, kLabelCharacters)), "<svg class=\"plot\" x=\"",
             svg::at(kLabelWidth), "\" y=\"", svg::at(y + (kRowHeight - kBarHeight) / 2), "\" width=\"",
             svg::at(kPlotWidth), "\" height=\"", svg::at(kBarHeight), "\" viewBox=\"0 0 ",
             svg::at(kPlotWidth), " ", svg::at(kBarHeight), "\" preserveAspectRatio=\"none\">", drawn,
             "</svg>");
}

}  // namespace

std::vector<std::string> critical_path(const RunStory& story) {
  const auto end_of = [](const StepStory& step) { return step.begin_ms.value_or(0) + step.duration_ms; };
  const auto find = [&](const std::string& id) {
    const auto found = std::ranges::find(story.steps, id, &StepStory::id);
    return found == story.steps.end() ? nullptr : &*found;
  };
  const StepStory* last = nullptr;
  for (const StepStory& step : story.steps) {
    if (step.begin_ms && (last == nullptr || end_of(step) >= end_of(*last))) last = &step;
  }
  std::vector<std::string> path;
  while (last != nullptr && path.size() < story.steps.size()) {
    path.insert(path.begin(), last->id);
    const StepStory* before = nullptr;
    for (const auto& input : last->inputs) {
      const StepStory* source = find(input.step_id);
      if (source != nullptr && (before == nullptr || end_of(*source) > end_of(*before))) before = source;
    }
    last = before;
  }
  return path;
}

std::string summary_of(const StepStory& step) {
  std::string summary =
      cat(step.id, "\n", step.component, "\n", to_string(step.status), ", ", with_thousands(step.rows_read),
          " rows in, ", with_thousands(step.rows_written), " out, ", human_duration(step.duration_ms));
  if (step.busy_ms)
    summary += cat("\nworked ", human_duration(static_cast<std::int64_t>(*step.busy_ms)), " of it");
  return summary;
}

std::string draw_timeline(const RunStory& story) {
  const auto duration = static_cast<double>(story.duration_ms());
  const double scale = kPlotWidth / duration;
  const double bottom = kRowHeight * static_cast<double>(story.steps.size() + story.phases.size());
  const std::vector<std::string> critical = critical_path(story);
  std::string out =
      svg::opened(kLabelWidth + kPlotWidth + 40, bottom + kAxisHeight, "timeline", "Steps over time", "group",
                  cat("data-left=\"", kLabelWidth, "\" data-width=\"", kPlotWidth, "\" data-bottom=\"",
                      bottom, "\" data-duration-ms=\"", duration, "\""));
  out += cat("<g class=\"axis\">", svg::time_axis(kLabelWidth, kPlotWidth, bottom, duration), "</g>");
  double y = 0;
  for (const PhaseStory& phase : story.phases) {
    const std::string drawn =
        bar("phase", static_cast<double>(phase.begin_ms), static_cast<double>(phase.duration_ms), scale);
    out += cat("<g class=\"row\">", row(y, phase.name, drawn),
               svg::title(cat(phase.name, ", ", human_duration(phase.duration_ms))), "</g>");
    y += kRowHeight;
  }
  for (const StepStory& step : story.steps) {
    const bool is_critical = std::ranges::find(critical, step.id) != critical.end();
    out += cat("<a href=\"#", step_anchor(story, step.id), "\" class=\"row\">",
               row(y, step.id, step.begin_ms ? bars(step, scale, is_critical) : ""),
               step.begin_ms ? "" : svg::text(kLabelWidth + 4, y + 17, "mark", "never started"),
               svg::title(summary_of(step)), "</a>");
    y += kRowHeight;
  }
  return out + "</svg>";
}

}  // namespace osiris
