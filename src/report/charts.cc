#include "report/charts.h"

#include <algorithm>
#include <cmath>

namespace osiris {

namespace {

constexpr std::size_t kMostPoints = 600;
constexpr std::size_t kMostLines = 8;

Json points_of(const Series& series) {
  Json points = Json::array();
  for (const auto& [when, value] : series) points.push_back({when, std::round(value * 100) / 100});
  return points;
}

void add_chart(Json& charts, const std::string& title, const std::string& unit,
               const std::vector<std::pair<std::string, Series>>& lines) {
  Json drawn = Json::array();
  for (const auto& [name, series] : lines) {
    if (series.size() > 1)
      drawn.push_back({{"name", name}, {"points", points_of(thinned(series, kMostPoints))}});
  }
  if (!drawn.empty()) charts.push_back({{"title", title}, {"unit", unit}, {"lines", drawn}});
}

/// The steps that a chart has room for, in the manifest's order.
std::vector<const StepStory*> busiest_steps(const RunStory& story) {
  std::vector<const StepStory*> steps;
  for (const StepStory& step : story.steps) steps.push_back(&step);
  if (steps.size() <= kMostLines) return steps;
  const auto rows = [](const StepStory* step) { return std::max(step->rows_read, step->rows_written); };
  std::ranges::stable_sort(steps, std::greater{}, rows);
  steps.resize(kMostLines);
  std::ranges::sort(steps);
  return steps;
}

}  // namespace

Series rates_of(const Series& totals) {
  Series rates;
  double last_at = 0, last_value = 0;
  for (const auto& [when, value] : totals) {
    if (when <= last_at) continue;
    rates.emplace_back(when, std::max(value - last_value, 0.0) / (when - last_at) * 1000);
    last_at = when;
    last_value = value;
  }
  return rates;
}

Series thinned(const Series& series, std::size_t most) {
  if (series.size() <= most) return series;
  Series kept;
  for (std::size_t stretch = 0; stretch < most; ++stretch) {
    const auto begin = series.begin() + static_cast<std::ptrdiff_t>(stretch * series.size() / most);
    const auto end = series.begin() + static_cast<std::ptrdiff_t>((stretch + 1) * series.size() / most);
    kept.push_back(*std::max_element(
        begin, end, [](const auto& left, const auto& right) { return left.second < right.second; }));
  }
  return kept;
}

Json charts_of(const RunStory& story) {
  std::vector<std::pair<std::string, Series>> rates, queues;
  for (const StepStory* step : busiest_steps(story)) {
    rates.emplace_back(step->id, rates_of(step->rows_so_far));
    queues.emplace_back(step->id, step->held_mb);
  }
  Json charts = Json::array();
  add_chart(charts, "Throughput", "rows/s", rates);
  add_chart(charts, "Memory of the process", "MB", {{"resident", story.memory_mb}});
  add_chart(charts, "Queue depth: rows on their way, held by each step", "MB", queues);
  return charts;
}

}  // namespace osiris
