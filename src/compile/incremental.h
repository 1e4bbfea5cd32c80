#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compile/diagnostics.h"
#include "compile/manifest.h"

namespace osiris {

/// Whether an extractor's config says that it reads only what is new, and a mark is kept with its rows.
bool is_incremental(const ManifestStep& step);

/// The writer in which an incremental read's rows end; null where they end in none, or in several.
const ManifestStep* find_incremental_writer(const std::vector<ManifestStep>& steps,
                                            const ManifestStep& extractor);

/// Whether a writer keeps a mark with its rows, in one transaction.
using KeepsMarks = std::function<bool(const ManifestStep& writer)>;

/// Refuses what would miss rows, or bring them twice.
/// Findings: "oml.incremental_target", "oml.incremental_lookback", "oml.incremental_mode".
void check_incremental_reads(const std::vector<ManifestStep>& steps, const std::string& file,
                             const KeepsMarks& keeps_marks, Diagnostics& diagnostics);

}  // namespace osiris
