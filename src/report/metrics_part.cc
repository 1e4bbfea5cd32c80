#include <algorithm>

#include "base/text.h"
#include "report/charts.h"
#include "report/html.h"
#include "report/parts.h"

namespace osiris {

namespace {

std::string charts(const RunStory& story) {
  const Json charts = charts_of(story);
  if (charts.empty())
    return "<p class=\"soft\">Measurements are taken once a second; this run was over before there were "
           "two.</p>";
  const Json data{{"duration_ms", story.duration_ms()}, {"charts", charts}};
  return cat("<div id=\"charts\"></div><script type=\"application/json\" id=\"chart-data\">",
             script_json(data),
             "</script><noscript><p>The charts need JavaScript; the table has their sums.</p></noscript>");
}

std::string rate_text(const StepStory& step) {
  const auto rows = static_cast<double>(std::max(step.rows_read, step.rows_written));
  if (step.duration_ms <= 0 || rows == 0) return {};
  return with_thousands(static_cast<std::uint64_t>(rows / static_cast<double>(step.duration_ms) * 1000));
}

std::string duration_text(double milliseconds) {
  return human_duration(static_cast<std::int64_t>(milliseconds + 0.5));
}

std::string bytes_text(double bytes) {
  return bytes > 0 ? human_bytes(static_cast<std::uint64_t>(bytes)) : "";
}

}  // namespace

std::string metrics_part(const RunStory& story) {
  std::string out;
  if (const std::string sentence = bottleneck_sentence(story); !sentence.empty())
    out += cat("<p>", isolated(sentence), ".</p>");
  out += charts(story);
  std::vector<std::vector<std::string>> rows;
  for (const StepStory& step : story.steps) {
    const double waited = static_cast<double>(step.duration_ms) - step.busy_ms.value_or(0);
    rows.push_back({isolated(step.id), with_thousands(step.rows_read), with_thousands(step.rows_written),
                    rate_text(step), bytes_text(step.bytes_read), bytes_text(step.bytes_written),
                    human_duration(step.duration_ms), step.busy_ms ? duration_text(*step.busy_ms) : "",
                    step.busy_ms ? duration_text(std::max(waited, 0.0)) : ""});
  }
  return out + table({"Step", "Rows in", "Rows out", "Rows a second", "Bytes in", "Bytes out", "Duration",
                      "Worked", "Waited"},
                     rows, {1, 2, 3, 4, 5, 6, 7, 8});
}

}  // namespace osiris
