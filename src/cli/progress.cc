#include "cli/progress.h"

#include <condition_variable>
#include <iostream>
#include <mutex>

#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "run/process_memory.h"

namespace osiris::cli {

namespace {

/// Often enough to look alive, seldom enough to cost nothing; a run that is shorter shows its table only.
constexpr std::chrono::milliseconds kRedraw{125};
constexpr std::int64_t kPlainEveryMs = 5000;
constexpr std::int64_t kJsonEveryMs = 1000;

std::string start_line(const StepProgress& step) {
  return cat("start   ", step.step_id, "  ", step.component, "\n");
}

std::string end_line(const StepProgress& step) {
  return cat(to_string(step.status), " ", step.step_id, "  ", with_thousands(step.rows_read), " rows in, ",
             with_thousands(step.rows_written), " rows out, ", human_duration(step.elapsed_ms), "\n");
}

}  // namespace

Progress::Progress(ProgressOptions options, std::string pipeline)
    : options_(options),
      terminal_(STDERR_FILENO),
      lines_(terminal_, std::cerr),
      pipeline_(std::move(pipeline)) {}

/// A run that threw did not end; the thread must, and the cursor must be seen.
Progress::~Progress() = default;

void Progress::run_started(const Session& session, const LookAtSteps& look) {
  if (options_.style == ProgressStyle::kOff) return;
  session_ = session.id();
  begin_us_ = steady_us();
  steps_ = look;
  const std::size_t count = steps_().size();
  told_start_.assign(count, false);
  told_end_.assign(count, false);
  if (options_.style == ProgressStyle::kPlain && options_.tells_steps)
    std::cerr << cat("session ", session_, "\n");
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void Progress::phase_began(const std::string& phase) {
  {
    const std::lock_guard lock(mutex_);
    phase_ = phase;
  }
  if (options_.style == ProgressStyle::kPlain && options_.tells_steps && !phase.empty())
    std::cerr << cat("remote  ", phase, "\n");
}

void Progress::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  for (;;) {
    woken.wait_for(lock, stop, kRedraw, [] { return false; });
    if (stop.stop_requested()) return;
    show(look());
  }
}

void Progress::run_ended(const RunOutcome& outcome) {
  if (options_.style == ProgressStyle::kOff) return;
  thread_.request_stop();
  thread_.join();
  RunView view = look();
  view.status = outcome.status;
  if (options_.style != ProgressStyle::kLive) return show(view);
  // A run that ended before anything was drawn has shown nothing to take away.
  if (!cursor_) return;
  if (options_.keeps_lines) {
    show(view);
  } else {
    lines_.draw({}, terminal_.size());
  }
  cursor_.reset();
}

RunView Progress::look() {
  RunView view;
  view.pipeline = pipeline_;
  view.session = session_;
  view.at_ms = now_ms();
  view.elapsed_ms = (steady_us() - begin_us_) / 1000;
  view.memory_mb = resident_memory_mb();
  view.steps = steps_();
  const std::lock_guard lock(mutex_);
  view.phase = phase_;
  return view;
}

void Progress::show(const RunView& view) {
  if (options_.style == ProgressStyle::kPlain) return tell_lines(view);
  if (options_.style == ProgressStyle::kJson) return tell_json(view);
  if (cursor_) {
    if (cursor_->hide()) lines_.forget();
  } else {
    cursor_.emplace();
  }
  const Terminal::Size size = terminal_.size();
  lines_.draw(progress_block(view, size, terminal_.has_colour()), size);
}

bool Progress::is_due(const RunView& view, std::int64_t every_ms) {
  const bool is_over = view.status != SessionStatus::kRunning;
  if (!is_over && view.elapsed_ms - last_told_ms_ < every_ms) return false;
  last_told_ms_ = view.elapsed_ms;
  return true;
}

void Progress::tell_lines(const RunView& view) {
  std::string text;
  for (std::size_t index = 0; options_.tells_steps && index < view.steps.size(); ++index) {
    const StepProgress& step = view.steps[index];
    if (step.is_started && !told_start_[index]) text += start_line(step);
    if (step.status != SessionStatus::kRunning && !told_end_[index]) text += end_line(step);
    told_start_[index] = step.is_started;
    told_end_[index] = step.status != SessionStatus::kRunning;
  }
  const bool is_over = view.status != SessionStatus::kRunning;
  if (!is_over && is_due(view, kPlainEveryMs)) text += cat(progress_line(view), "\n");
  std::cerr << text << std::flush;
}

void Progress::tell_json(const RunView& view) {
  std::string text;
  const bool is_due_now = is_due(view, kJsonEveryMs);
  const auto tell = [&](const Json& json) {
    text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  };
  for (std::size_t index = 0; index < view.steps.size(); ++index) {
    const StepProgress& step = view.steps[index];
    const bool has_begun = step.is_started && !told_start_[index];
    const bool has_ended = step.status != SessionStatus::kRunning && !told_end_[index];
    if (has_begun || has_ended || (is_due_now && step.is_running())) tell(progress_json(view, step));
    told_start_[index] = step.is_started;
    told_end_[index] = step.status != SessionStatus::kRunning;
  }
  if (is_due_now) tell(progress_json(view));
  std::cerr << text << std::flush;
}

}  // namespace osiris::cli
