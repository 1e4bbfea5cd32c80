#pragma once

#include <vector>

#include "session/run_comparison.h"

/// Private to session/.
namespace osiris {

/// What differs of the columns on the way, then each writer's output: by its rows' number, by the
/// fingerprints of its files or the digest of its rows, and, where text files differ, line by line.
std::vector<OutputParity> compare_outputs(const SessionDetail& before, const SessionDetail& after,
                                          const std::vector<StepComparison>& steps);

}  // namespace osiris
