#pragma once

#include <thread>

#include "run/run_manifest.h"

namespace osiris::cli {

/// Shows on stderr how a run goes: one line that is drawn again and again in a terminal, one line a step
/// where a person asked for more, nothing where nobody looks.
class Progress : public RunObserver {
 public:
  enum class Style { kQuiet, kLive, kLines };

  explicit Progress(Style style) : style_(style) {}
  void run_started(const Session& session, const Executor& executor) override;
  void run_ended() override;

 private:
  void draw_line(const std::vector<const StepRun*>& steps, std::int64_t elapsed_ms);
  void tell_changes(const std::vector<const StepRun*>& steps);

  Style style_;
  std::vector<SessionStatus> told_;
  std::vector<bool> told_start_;
  std::jthread thread_;
};

}  // namespace osiris::cli
