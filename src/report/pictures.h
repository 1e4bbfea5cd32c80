#pragma once

#include <string>
#include <vector>

#include "report/run_story.h"

/// Drawings of a run as SVG, which show without scripts. Colours come from the page's style.
namespace osiris {

/// Steps and the phases of a remote run as bars over time; what each waited is lighter than what it worked,
/// attempts that failed stand apart, the critical path is marked.
std::string draw_timeline(const RunStory& story);
/// Steps and the streams between them, with the rows on each; empty where the manifest is not there.
std::string draw_graph(const RunStory& story);
/// Durations of runs, oldest first, as small bars; failed ones marked.
std::string draw_sparkline(const std::vector<SessionSummary>& oldest_first);

/// Ids of the steps that the run's duration hangs on, from first to last.
std::vector<std::string> critical_path(const RunStory& story);
/// A step in a few lines, for where the pointer rests.
std::string summary_of(const StepStory& step);

}  // namespace osiris
