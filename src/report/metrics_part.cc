#include "report/parts.h"

#include <algorithm>

#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"

namespace osiris {

std::string metrics_part(const RunStory& story) {
  std::string out;
  if (const std::string sentence = bottleneck_sentence(story); !sentence.empty())
    out += cat("<p>", isolated(sentence), ".</p>");
  const auto duration = static_cast<double>(story.duration_ms());
  out += "<div class=\"charts\">";
  const auto chart = [&](const Series& series, const std::string& title, const std::string& unit) {
    out += cat("<figure class=\"scroll\" tabindex=\"0\"><figcaption>", isolated(title), "</figcaption>",
               draw_line(series, duration, title, unit), "</figure>");
  };
  if (story.memory_mb.size() > 1) chart(story.memory_mb, "Memory, MB", "MB");
  for (const auto& [step, totals] : story.rows) {
    if (const Series rates = rates_of(totals); rates.size() > 1)
      chart(rates, cat("Rows a second into ", step), "rows/s");
  }
  out += "</div>";
  std::vector<std::vector<std::string>> rows;
  for (const StepStory& step : story.steps) {
    const double seconds = static_cast<double>(step.duration_ms) / 1000;
    const auto rate = seconds > 0
                          ? static_cast<std::uint64_t>(
                                static_cast<double>(std::max(step.rows_read, step.rows_written)) / seconds)
                          : 0;
    rows.push_back({isolated(step.id), with_thousands(step.rows_read), with_thousands(step.rows_written),
                    rate > 0 ? with_thousands(rate) : "", human_duration(step.duration_ms),
                    step.busy_ms ? human_duration(static_cast<std::int64_t>(*step.busy_ms + 0.5)) : ""});
  }
  return cat(out, table({"Step", "Rows in", "Rows out", "Rows a second", "Duration", "Worked"}, rows,
                        {1, 2, 3, 4, 5}));
}

}  // namespace osiris
