#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "session/events.h"

namespace osiris {

/// What is known of one step.
struct StepTally {
  std::string step_id, component, role;
  SessionStatus status = SessionStatus::kRunning;
  std::uint64_t rows_read = 0, rows_written = 0;
  std::int64_t duration_ms = 0;
  std::uint64_t attempt_count = 1;
};

/// What the events of a session add up to: the writer keeps one while it writes, the reader makes one from
/// the lines, so both give the same sums.
struct SessionTally {
  std::optional<RunStart> start;
  std::optional<RunEnd> end;
  std::optional<CompileComplete> compiled;
  std::optional<FailureFacts> first_error;
  std::vector<StepTally> steps;  ///< in the order in which they were first named
  std::uint64_t warning_count = 0, error_count = 0, skipped_row_count = 0;

  void add(const Event& event);
  /// Rows that writers wrote and committed; where no step is a writer, rows that extractors read.
  std::uint64_t total_rows() const;
  std::uint64_t steps_with(SessionStatus status) const;
  /// As run_start says, or more where more were seen.
  std::uint64_t step_count() const;
};

}  // namespace osiris
