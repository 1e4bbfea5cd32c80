#include "run/run_progress.h"

#include "base/clock.h"

namespace osiris {

RunProgress::RunProgress(const std::vector<const StepRun*>& steps) {
  for (const StepRun* step : steps) watched_.push_back({step, {}, false});
}

std::vector<StepProgress> RunProgress::look() {
  std::vector<StepProgress> steps;
  const std::int64_t now_us = steady_us();
  for (Watched& watched : watched_) steps.push_back(look_at(watched, now_us));
  return steps;
}

StepProgress RunProgress::look_at(Watched& watched, std::int64_t now_us) {
  const StepRun& step = *watched.step;
  const StepCounters& counters = step.counters();
  StepProgress seen;
  seen.step_id = step.step().id;
  seen.component = step.step().component;
  seen.role = step.spec().role;
  // The status first: the counts of a step that has ended do not change any more.
  seen.status = step.status();
  seen.is_started = step.is_started();
  seen.rows_read = counters.rows_read;
  seen.rows_written = counters.rows_written;
  seen.bytes_read = counters.bytes_read;
  seen.bytes_written = counters.bytes_written;
  seen.elapsed_ms = step.elapsed_ms();
  seen.memory_mb = static_cast<double>(counters.held_bytes) / 1e6;
  if (!seen.is_running()) {
    if (seen.elapsed_ms > 0)
      seen.rows_per_s = static_cast<double>(seen.rows()) * 1000 / static_cast<double>(seen.elapsed_ms);
    return seen;
  }
  if (!std::exchange(watched.has_begun, true)) watched.pace.tell(step.started_us(), 0, 0);
  seen.share = step.expected().share(seen.rows_read, seen.bytes_read);
  watched.pace.tell(now_us, seen.rows(), seen.share ? std::optional(seen.share->value) : std::nullopt);
  seen.rows_per_s = watched.pace.rows_per_s();
  seen.left_ms = watched.pace.left_ms();
  return seen;
}

}  // namespace osiris
