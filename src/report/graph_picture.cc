#include <algorithm>
#include <functional>
#include <map>

#include "base/text.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/svg.h"

namespace osiris {

namespace {

constexpr double kNodeWidth = 176, kNodeHeight = 46, kColumnGap = 92, kNodeGap = 14;

/// The column of each step in the graph: one more than the rightmost of what it reads.
std::map<std::string, std::size_t> columns_of(const RunStory& story) {
  std::map<std::string, std::size_t> columns;
  for (const StepStory& step : story.steps) {
    std::size_t column = 0;
    for (const auto& input : step.inputs) {
      if (const auto found = columns.find(input.step_id); found != columns.end())
        column = std::max(column, found->second + 1);
    }
    columns[step.id] = column;
  }
  return columns;
}

struct Place {
  double x = 0, y = 0;
};

/// The mean height of what a step reads, as far as that has a place; of a source, none.
double height_of_inputs(const StepStory& step, const std::map<std::string, Place>& places) {
  double sum = 0, count = 0;
  for (const auto& input : step.inputs) {
    const auto found = places.find(input.step_id);
    if (found == places.end()) continue;
    sum += found->second.y;
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

/// Column by column, each step beside what it reads where there is room, so that few edges cross.
std::map<std::string, Place> places_of(const RunStory& story) {
  std::map<std::size_t, std::vector<const StepStory*>> columns;
  const auto column_of = columns_of(story);
  for (const StepStory& step : story.steps) columns[column_of.at(step.id)].push_back(&step);
  std::map<std::string, Place> places;
  for (auto& [column, steps] : columns) {
    std::ranges::stable_sort(steps, std::less{},
                             [&](const StepStory* step) { return height_of_inputs(*step, places); });
    double next_y = 0;
    for (const StepStory* step : steps) {
      const double y = std::max(next_y, height_of_inputs(*step, places));
      places[step->id] = {static_cast<double>(column) * (kNodeWidth + kColumnGap) + 4, y};
      next_y = y + kNodeHeight + kNodeGap;
    }
  }
  return places;
}

std::string node(const StepStory& step, Place place, const std::string& anchor) {
  return cat("<a href=\"#", anchor, "\">", "<rect class=\"node ", to_string(step.status), "\" x=\"",
             svg::at(place.x), "\" y=\"", svg::at(place.y), "\" width=\"", svg::at(kNodeWidth),
             "\" height=\"", svg::at(kNodeHeight), "\" rx=\"8\"/>", "<circle class=\"dot ",
             to_string(step.status), "\" cx=\"", svg::at(place.x + 14), "\" cy=\"", svg::at(place.y + 17),
             "\" r=\"4.5\"/>", svg::text(place.x + 26, place.y + 21, "name", shortened(step.id, 20)),
             svg::text(place.x + 26, place.y + 37, "kind", shortened(step.component, 24)),
             svg::title(summary_of(step)), "</a>");
}

/// `is_shared`: several steps read the source, so that the count stands where the edges have parted.
std::string edge(Place from, Place to, const StepStory& source, bool is_shared) {
  const double x1 = from.x + kNodeWidth, y1 = from.y + kNodeHeight / 2;
  const double x2 = to.x, y2 = to.y + kNodeHeight / 2, middle = (x1 + x2) / 2;
  return cat("<path class=\"edge\" d=\"M", svg::at(x1), " ", svg::at(y1), " C", svg::at(middle), " ",
             svg::at(y1), " ", svg::at(middle), " ", svg::at(y2), " ", svg::at(x2 - 5), " ", svg::at(y2),
             "\" marker-end=\"url(#arrow)\"/>",
             is_shared ? svg::text(x2 - 10, y2 - 6, "count", with_thousands(source.rows_written))
                       : svg::text(x1 + 6, y1 - 6, "sent", with_thousands(source.rows_written)));
}

}  // namespace

std::string draw_graph(const RunStory& story) {
  const bool has_edges =
      std::ranges::any_of(story.steps, [](const StepStory& step) { return !step.inputs.empty(); });
  if (!story.manifest || !has_edges) return {};
  const std::map<std::string, Place> places = places_of(story);
  double width = 0, height = 0;
  for (const auto& [id, place] : places) {
    width = std::max(width, place.x + kNodeWidth + 4);
    height = std::max(height, place.y + kNodeHeight);
  }
  std::string out = svg::opened(width, height + 8, "graph", "Steps and the rows between them", "group");
  out +=
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" "
      "orient=\"auto\"><path class=\"head\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs><g "
      "transform=\"translate(0 4)\">";
  std::map<std::string, std::size_t> readers;
  for (const StepStory& step : story.steps) {
    for (const auto& input : step.inputs) ++readers[input.step_id];
  }
  for (const StepStory& step : story.steps) {
    for (const auto& input : step.inputs) {
      const auto source = std::ranges::find(story.steps, input.step_id, &StepStory::id);
      if (source != story.steps.end())
        out += edge(places.at(source->id), places.at(step.id), *source, readers[source->id] > 1);
    }
  }
  for (const StepStory& step : story.steps)
    out += node(step, places.at(step.id), step_anchor(story, step.id));
  return out + "</g></svg>";
}

}  // namespace osiris
