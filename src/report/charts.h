#pragma once

#include "base/json.h"
#include "report/run_story.h"

namespace osiris {

/// The rows that a step got each second, from how many it had so far.
Series rates_of(const Series& totals);
/// At most `most` points: of each stretch of time the one with the highest value.
Series thinned(const Series& series, std::size_t most);

/// What the page draws over time, an array:
///   {"title", "unit", "lines": [{"name", "points": [[milliseconds since the start, value], …]}]}
/// A chart that would have less than two points is left out; of many steps, those with the most rows are
/// drawn.
Json charts_of(const RunStory& story);

}  // namespace osiris
