#include "cli/progress.h"

#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/clock.h"
#include "base/text.h"

namespace osiris::cli {

namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

void Progress::run_started(const Session& session, const Executor& executor) {
  if (style_ == Style::kQuiet) return;
  if (style_ == Style::kLines) std::cerr << cat("session ", session.id(), "\n");
  const auto steps = executor.steps();
  told_.assign(steps.size(), SessionStatus::kRunning);
  told_start_.assign(steps.size(), false);
  thread_ = std::jthread([this, steps, begin_us = steady_us()](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      woken.wait_for(lock, stop, kRedraw, [] { return false; });
      if (style_ == Style::kLive) {
        draw_line(steps, (steady_us() - begin_us) / 1000);
      } else {
        tell_changes(steps);
      }
    }
  });
}

void Progress::run_ended() {
  if (style_ == Style::kQuiet) return;
  thread_.request_stop();
  thread_.join();
  if (style_ == Style::kLive) std::cerr << kEraseLine;
}

void Progress::draw_line(const std::vector<const StepRun*>& steps, std::int64_t elapsed_ms) {
  std::string line = human_duration(elapsed_ms);
  for (const StepRun* step : steps) {
    if (!step->is_started() || step->status() != SessionStatus::kRunning) continue;
    const std::uint64_t rows = step->counters().rows_read;
    const std::uint64_t rate = elapsed_ms == 0 ? 0 : rows * 1000 / static_cast<std::uint64_t>(elapsed_ms);
    line += cat("  ", step->step().id, " ", with_thousands(rows), " rows (", with_thousands(rate), "/s)");
  }
  constexpr std::size_t kWidth = 110;
  if (line.size() > kWidth) line.resize(kWidth);
  std::cerr << cat(kEraseLine, line) << std::flush;
}

void Progress::tell_changes(const std::vector<const StepRun*>& steps) {
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const StepRun& step = *steps[index];
    if (step.is_started() && !told_start_[index]) {
      told_start_[index] = true;
      std::cerr << cat("start   ", step.step().id, "  ", step.step().component, "\n");
    }
    if (step.status() == told_[index]) continue;
    told_[index] = step.status();
    std::cerr << cat(to_string(step.status()), " ", step.step().id, "  ",
                     with_thousands(step.counters().rows_read), " rows in, ",
                     with_thousands(step.counters().rows_written), " rows out, ",
                     human_duration(step.elapsed_ms()), "\n");
  }
}

}  // namespace osiris::cli
