#pragma once

#include <string>

#include "report/run_story.h"

/// Drawings of a run as SVG, which show without scripts. Colours come from the page's style.
namespace osiris {

/// Steps as bars over time, those on the critical path marked; what each waited is lighter than what it
/// worked.
std::string draw_timeline(const RunStory& story);
/// Steps and the streams between them, with the rows on each; empty where the manifest is not there.
std::string draw_graph(const RunStory& story);
/// One measurement over time. `unit`: "MB", "rows/s".
std::string draw_line(const Series& series, double duration_ms, const std::string& title,
                      const std::string& unit);
/// Durations of runs, oldest first, as small bars; failed ones marked.
std::string draw_sparkline(const std::vector<SessionSummary>& oldest_first);

/// Ids of the steps that the run's duration hangs on, from first to last.
std::vector<std::string> critical_path(const RunStory& story);
/// The rows that a step got each second, from how many it had so far.
Series rates_of(const Series& totals);

/// "step-3": the anchor of a step's details.
std::string step_anchor(const RunStory& story, const std::string& id);

}  // namespace osiris
