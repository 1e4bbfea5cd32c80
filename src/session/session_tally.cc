#include "session/session_tally.h"

#include <algorithm>
#include <variant>

namespace osiris {

namespace {

/// Adds one event; an event that changes no sum falls to the last overload.
struct Adder {
  SessionTally& tally;

  StepTally& step(const std::string& step_id) const {
    const auto known = std::ranges::find(tally.steps, step_id, &StepTally::step_id);
    if (known != tally.steps.end()) return *known;
    return tally.steps.emplace_back(StepTally{.step_id = step_id, .component = {}, .role = {}});
  }

  void operator()(const RunStart& event) const { tally.start = event; }
  void operator()(const RunEnd& event) const { tally.end = event; }
  void operator()(const CompileComplete& event) const { tally.compiled = event; }

  void operator()(const StepStart& event) const {
    StepTally& started = step(event.step_id);
    started.component = event.component;
    started.role = event.role;
    started.status = SessionStatus::kRunning;
  }
  void operator()(const StepComplete& event) const {
    StepTally& done = step(event.step_id);
    done.status = SessionStatus::kSuccess;
    done.rows_read = event.rows_read;
    done.rows_written = event.rows_written;
    done.duration_ms = event.duration_ms;
  }
  void operator()(const StepSettled& event) const {
    StepTally& settled = step(event.step_id);
    settled.component = event.component;
    settled.role = event.role;
    settled.status = SessionStatus::kSuccess;
    settled.rows_written = event.rows_written;
  }
  void operator()(const StepFailed& event) const {
    StepTally& failed = step(event.step_id);
    failed.status = SessionStatus::kFailed;
    failed.rows_read = event.rows_read;
    failed.rows_written = event.rows_written;
    failed.duration_ms = event.duration_ms;
  }
  void operator()(const StepCancelled& event) const {
    StepTally& cancelled = step(event.step_id);
    cancelled.status = SessionStatus::kCancelled;
    cancelled.rows_read = event.rows_read;
    cancelled.rows_written = event.rows_written;
    cancelled.duration_ms = event.duration_ms;
    if (cancelled.component.empty()) cancelled.component = event.component;
    if (cancelled.role.empty()) cancelled.role = event.role;
  }
  void operator()(const StepRetry& event) const { step(event.step_id).attempt_count = event.attempt; }

  void operator()(const RowsSkipped& event) const { tally.skipped_row_count += event.row_count; }
  void operator()(const Warning&) const { ++tally.warning_count; }
  void operator()(const ErrorEvent& event) const {
    ++tally.error_count;
    if (!tally.first_error) tally.first_error = event.error;
  }
  void operator()(const auto&) const {}
};

}  // namespace

void SessionTally::add(const Event& event) { std::visit(Adder{*this}, event); }

std::uint64_t SessionTally::total_rows() const {
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  bool has_writer = false;
  for (const StepTally& step : steps) {
    if (step.role == "writer") has_writer = true;
    if (step.role == "writer" && step.status == SessionStatus::kSuccess) written += step.rows_written;
    if (step.role == "extractor") read += step.rows_read;
  }
  return has_writer ? written : read;
}

std::uint64_t SessionTally::steps_with(SessionStatus status) const {
  return static_cast<std::uint64_t>(std::ranges::count(steps, status, &StepTally::status));
}

std::uint64_t SessionTally::step_count() const {
  return std::max<std::uint64_t>(start ? start->step_count : 0, steps.size());
}

}  // namespace osiris
