#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/terminal.h"
#include "run/run_progress.h"

namespace osiris::cli {

/// A run at one moment.
struct RunView {
  std::string pipeline, session;
  std::string phase{};  ///< what is done that is no step: "uploading 6 MB"
  SessionStatus status = SessionStatus::kRunning;
  std::int64_t at_ms = 0;  ///< since 1970
  std::int64_t elapsed_ms = 0;
  double memory_mb = 0;  ///< 10^6 bytes, of the process
  std::vector<StepProgress> steps;
};

/// The run as lines for a terminal: one for the run, one for each step that has begun. Never more lines than
/// fit above the cursor, none wider than the terminal; of too many steps the busiest stand there.
std::vector<std::string> progress_block(const RunView& view, const Terminal::Size& size, bool has_colour);

/// The run as one line for a log, without its end: three steps, first those that tell how far they are, then
/// the busiest.
std::string progress_line(const RunView& view);

/// See docs/running.md.
Json progress_json(const RunView& view, const StepProgress& step);
Json progress_json(const RunView& view);

}  // namespace osiris::cli
