#include <algorithm>

#include "base/text.h"
#include "report/pictures.h"
#include "report/svg.h"

namespace osiris {

std::string draw_sparkline(const std::vector<SessionSummary>& oldest_first) {
  constexpr double kBar = 7, kGap = 2, kHeight = 26;
  std::int64_t longest = 1;
  for (const SessionSummary& run : oldest_first) longest = std::max(longest, run.duration_ms.value_or(0));
  std::string out = svg::opened(static_cast<double>(oldest_first.size()) * (kBar + kGap), kHeight, "spark",
                                cat("Durations of ", counted(oldest_first.size(), "run")));
  double x = 0;
  for (const SessionSummary& run : oldest_first) {
    const auto duration = static_cast<double>(run.duration_ms.value_or(0));
    const double height = std::max(kHeight * duration / static_cast<double>(longest), 3.0);
    out += cat("<rect class=\"", to_string(run.status), "\" x=\"", svg::at(x), "\" y=\"",
               svg::at(kHeight - height), "\" width=\"", svg::at(kBar), "\" height=\"", svg::at(height),
               "\" rx=\"1.5\">",
               svg::title(cat(run.id, ": ", to_string(run.status), ", ",
                              human_duration(run.duration_ms.value_or(0)))),
               "</rect>");
    x += kBar + kGap;
  }
  return out + "</svg>";
}

}  // namespace osiris
