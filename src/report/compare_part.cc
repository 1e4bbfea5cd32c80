#include "report/parts.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"

namespace osiris {

namespace {

std::string change(std::int64_t now, std::int64_t before) {
  if (before <= 0) return "";
  const auto percent =
      static_cast<int>(std::lround(100.0 * static_cast<double>(now - before) / static_cast<double>(before)));
  if (percent == 0) return "same";
  return cat("<span class=\"", percent > 0 ? "up" : "down", "\">", percent > 0 ? "+" : "−", std::abs(percent),
             " %</span>");
}

}  // namespace

std::string compare_part(const RunStory& story) {
  if (!story.previous) return "<p class=\"soft\">No earlier run of this pipeline has succeeded.</p>";
  std::vector<std::vector<std::string>> rows;
  for (const StepStory& step : story.steps) {
    const auto before = std::ranges::find(story.previous->steps, step.id, &StepTally::step_id);
    if (before == story.previous->steps.end()) {
      rows.push_back({isolated(step.id), with_thousands(step.rows_written), "new",
                      human_duration(step.duration_ms), "", ""});
      continue;
    }
    const std::string rows_before =
        before->rows_written == step.rows_written ? "same" : with_thousands(before->rows_written);
    rows.push_back({isolated(step.id), with_thousands(step.rows_written), rows_before,
                    human_duration(step.duration_ms), human_duration(before->duration_ms),
                    change(step.duration_ms, before->duration_ms)});
  }
  std::vector<SessionSummary> oldest_first(story.earlier.rbegin(), story.earlier.rend());
  oldest_first.push_back(story.detail.summary);
  return cat("<p>Against <code>", escaped(story.previous->summary.id),
             "</code>, the newest run before it that succeeded.</p>", draw_sparkline(oldest_first),
             "<p class=\"key\">Durations of this and earlier runs</p>",
             table({"Step", "Rows out", "Before", "Duration", "Before", "Change"}, rows, {1, 2, 3, 4, 5}));
}

}  // namespace osiris
