#include "report/pictures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "report/html.h"

namespace osiris {

namespace {

constexpr double kLabelWidth = 190, kChartWidth = 720, kRowHeight = 26, kAxisHeight = 24;
constexpr double kNodeWidth = 176, kNodeHeight = 46, kColumnGap = 84, kNodeGap = 14;

/// A coordinate without more digits than a screen shows.
std::string at(double value) {
  const double rounded = std::round(value * 10) / 10;
  return cat(rounded == 0 ? 0 : rounded);
}

std::string text_of(double x, double y, const std::string& kind, const std::string& text) {
  return cat("<text x=\"", at(x), "\" y=\"", at(y), "\" class=\"", kind, "\">", escaped(text), "</text>");
}

/// A label that fits its place; the whole text is in the title beside it.
std::string shortened(const std::string& text, std::size_t characters) {
  if (count_characters(text) <= characters) return text;
  std::string out;
  std::size_t count = 0;
  for (const char c : text) {
    const bool begins_character = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (begins_character && ++count == characters) break;
    out += c;
  }
  return out + "…";
}

/// `role`: "img", or "group" where there are links inside.
std::string opened(double width, double height, const std::string& kind, const std::string& label,
                   const std::string& role = "img") {
  return cat("<svg class=\"", kind, "\" viewBox=\"0 0 ", at(width), " ", at(height), "\" width=\"", at(width),
             "\" height=\"", at(height), "\" role=\"", role, "\" aria-label=\"", escaped(label), "\">");
}

/// A round step for about five marks on an axis.
double mark_step(double range) {
  const double rough = std::max(range, 1e-9) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string time_text(double ms) {
  if (ms == 0) return "0";
  if (ms < 1000) return cat(ms, " ms");
  return ms < 120'000 ? cat(ms / 1000, " s") : cat(ms / 60'000, " min");
}

std::string time_axis(double left, double width, double top, double bottom, double duration_ms) {
  std::string out;
  const double step = mark_step(duration_ms);
  for (double mark = 0; mark <= duration_ms; mark += step) {
    const double x = left + width * mark / duration_ms;
    out += cat("<line class=\"grid\" x1=\"", at(x), "\" y1=\"", at(top), "\" x2=\"", at(x), "\" y2=\"",
               at(bottom), "\"/>", text_of(x + 3, bottom + 14, "mark", time_text(mark)));
  }
  return out;
}

std::string title_of(const StepStory& step) {
  std::string title =
      cat(step.id, "\n", step.component, "\n", to_string(step.status), ", ", with_thousands(step.rows_read),
          " rows in, ", with_thousands(step.rows_written), " out, ", human_duration(step.duration_ms));
  if (step.busy_ms)
    title += cat("\nworked ", human_duration(static_cast<std::int64_t>(*step.busy_ms)), " of it");
  return cat("<title>", escaped(title), "</title>");
}

std::string bar(const StepStory& step, double left, double y, double scale, bool is_critical) {
  const double begin = left + static_cast<double>(*step.begin_ms) * scale;
  const double whole = std::max(static_cast<double>(step.duration_ms) * scale, 2.0);
  const double share = step.busy_ms && step.duration_ms > 0
                           ? std::min(*step.busy_ms / static_cast<double>(step.duration_ms), 1.0)
                           : 1;
  const auto rect = [&](double width, const std::string& kind) {
    return cat("<rect class=\"", kind, "\" x=\"", at(begin), "\" y=\"", at(y + 6), "\" width=\"", at(width),
               "\" height=\"", at(kRowHeight - 12), "\" rx=\"3\"/>");
  };
  return cat(rect(whole, cat("waits ", to_string(step.status), is_critical ? " critical" : "")),
             rect(std::max(whole * share, 1.5), cat("works ", to_string(step.status))));
}

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

std::string node(const StepStory& step, Place place, const std::string& anchor) {
  return cat(
      "<a href=\"#", anchor, "\">", "<rect class=\"node ", to_string(step.status), "\" x=\"", at(place.x),
      "\" y=\"", at(place.y), "\" width=\"", at(kNodeWidth), "\" height=\"", at(kNodeHeight), "\" rx=\"8\"/>",
      "<circle class=\"dot ", to_string(step.status), "\" cx=\"", at(place.x + 14), "\" cy=\"",
      at(place.y + 17), "\" r=\"4.5\"/>", text_of(place.x + 26, place.y + 21, "name", shortened(step.id, 20)),
      text_of(place.x + 26, place.y + 37, "kind", shortened(step.component, 24)), title_of(step), "</a>");
}

/// `is_shared`: several steps read the source, so that the count stands where the edges have parted.
std::string edge(Place from, Place to, const StepStory& source, bool is_shared) {
  const double x1 = from.x + kNodeWidth, y1 = from.y + kNodeHeight / 2;
  const double x2 = to.x, y2 = to.y + kNodeHeight / 2, middle = (x1 + x2) / 2;
  return cat("<path class=\"edge\" d=\"M", at(x1), " ", at(y1), " C", at(middle), " ", at(y1), " ",
             at(middle), " ", at(y2), " ", at(x2 - 5), " ", at(y2), "\" marker-end=\"url(#arrow)\"/>",
             is_shared ? text_of(x2 - 10, y2 - 6, "count", with_thousands(source.rows_written))
                       : text_of(x1 + 6, y1 - 6, "kind", with_thousands(source.rows_written)));
}

}  // namespace

std::string step_anchor(const RunStory& story, const std::string& id) {
  const auto found = std::ranges::find(story.steps, id, &StepStory::id);
  return cat("step-", found - story.steps.begin() + 1);
}

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

std::string draw_timeline(const RunStory& story) {
  const auto duration = static_cast<double>(story.duration_ms());
  const double scale = kChartWidth / duration, bottom = kRowHeight * static_cast<double>(story.steps.size());
  const std::vector<std::string> critical = critical_path(story);
  std::string out =
      opened(kLabelWidth + kChartWidth + 10, bottom + kAxisHeight, "timeline", "Steps over time", "group");
  out += time_axis(kLabelWidth, kChartWidth, 0, bottom, duration);
  double y = 0;
  for (const StepStory& step : story.steps) {
    out += cat("<a href=\"#", step_anchor(story, step.id), "\" class=\"row\">",
               "<rect class=\"hit\" x=\"0\" y=\"", at(y), "\" width=\"", at(kLabelWidth + kChartWidth),
               "\" height=\"", at(kRowHeight), "\"/>", text_of(4, y + 17, "name", shortened(step.id, 24)));
    if (step.begin_ms) {
      const bool is_critical = std::ranges::find(critical, step.id) != critical.end();
      out += bar(step, kLabelWidth, y, scale, is_critical);
    } else {
      out += text_of(kLabelWidth + 4, y + 17, "mark", "never started");
    }
    for (const auto& [when, retry] : step.retries) {
      out += cat("<path class=\"retry\" d=\"M", at(kLabelWidth + static_cast<double>(when) * scale), " ",
                 at(y + 3), " l4 7 h-8 z\"><title>",
                 escaped(cat("attempt ", retry.attempt, ": ", retry.error.message)), "</title></path>");
    }
    out += title_of(step) + "</a>";
    y += kRowHeight;
  }
  return out + "</svg>";
}

std::string draw_graph(const RunStory& story) {
  const bool has_edges =
      std::ranges::any_of(story.steps, [](const StepStory& step) { return !step.inputs.empty(); });
  if (!story.manifest || !has_edges) return {};
  const auto columns = columns_of(story);
  std::map<std::size_t, double> next_y;
  std::map<std::string, Place> places;
  double width = 0, height = 0;
  for (const StepStory& step : story.steps) {
    const std::size_t column = columns.at(step.id);
    // Beside what it reads where there is room.
    double wanted = 0;
    if (!step.inputs.empty() && places.contains(step.inputs.front().step_id))
      wanted = places[step.inputs.front().step_id].y;
    double& next = next_y[column];
    const Place place{static_cast<double>(column) * (kNodeWidth + kColumnGap) + 4, std::max(next, wanted)};
    next = place.y + kNodeHeight + kNodeGap;
    places[step.id] = place;
    width = std::max(width, place.x + kNodeWidth + 4);
    height = std::max(height, place.y + kNodeHeight);
  }
  std::string out = opened(width, height + 8, "graph", "Steps and the rows between them", "group");
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
        out += edge(places[source->id], places[step.id], *source, readers[source->id] > 1);
    }
  }
  for (const StepStory& step : story.steps) out += node(step, places[step.id], step_anchor(story, step.id));
  return out + "</g></svg>";
}

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

std::string draw_line(const Series& series, double duration_ms, const std::string& title,
                      const std::string& unit) {
  constexpr double kHeight = 110, kLeft = 74, kWidth = 380;
  double most = 0;
  for (const auto& [_, value] : series) most = std::max(most, value);
  const double step = mark_step(most), top = std::max(std::ceil(most / step) * step, step);
  std::string points;
  for (const auto& [when, value] : series) {
    points += cat(at(kLeft + kWidth * std::min(when / duration_ms, 1.0)), ",",
                  at(kHeight - kHeight * value / top + 8), " ");
  }
  std::string out =
      opened(kLeft + kWidth + 12, kHeight + kAxisHeight + 12, "chart", cat(title, " over time"));
  for (double mark = 0; mark <= top * 1.001; mark += step) {
    const double y = kHeight - kHeight * mark / top + 8;
    out += cat("<line class=\"grid\" x1=\"", at(kLeft), "\" y1=\"", at(y), "\" x2=\"", at(kLeft + kWidth),
               "\" y2=\"", at(y), "\"/>",
               text_of(kLeft - 6, y + 4, "scale", with_thousands(static_cast<std::uint64_t>(mark))));
  }
  out += time_axis(kLeft, kWidth, 8, kHeight + 8, duration_ms);
  out += cat("<polyline class=\"line\" points=\"", points, "\"/>");
  for (const auto& [when, value] : series) {
    out += cat("<circle class=\"point\" cx=\"", at(kLeft + kWidth * std::min(when / duration_ms, 1.0)),
               "\" cy=\"", at(kHeight - kHeight * value / top + 8), "\" r=\"3\"><title>",
               escaped(cat(time_text(when), ": ", with_thousands(static_cast<std::uint64_t>(value + 0.5)),
                           " ", unit)),
               "</title></circle>");
  }
  return out + "</svg>";
}

std::string draw_sparkline(const std::vector<SessionSummary>& oldest_first) {
  constexpr double kBar = 7, kGap = 2, kHeight = 26;
  std::int64_t longest = 1;
  for (const SessionSummary& run : oldest_first) longest = std::max(longest, run.duration_ms.value_or(0));
  std::string out = opened(static_cast<double>(oldest_first.size()) * (kBar + kGap), kHeight, "spark",
                           cat("Durations of ", counted(oldest_first.size(), "run")));
  double x = 0;
  for (const SessionSummary& run : oldest_first) {
    const auto duration = static_cast<double>(run.duration_ms.value_or(0));
    const double height = std::max(kHeight * duration / static_cast<double>(longest), 3.0);
    out += cat(
        "<rect class=\"", to_string(run.status), "\" x=\"", at(x), "\" y=\"", at(kHeight - height),
        "\" width=\"", at(kBar), "\" height=\"", at(height), "\" rx=\"1.5\"><title>",
        escaped(cat(run.id, ": ", to_string(run.status), ", ", human_duration(run.duration_ms.value_or(0)))),
        "</title></rect>");
    x += kBar + kGap;
  }
  return out + "</svg>";
}

}  // namespace osiris
