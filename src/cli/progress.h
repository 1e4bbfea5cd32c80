#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/live_lines.h"
#include "cli/progress_text.h"
#include "cli/terminal.h"
#include "run/run_manifest.h"

namespace osiris::cli {

enum class ProgressStyle {
  kOff,
  kLive,   ///< lines in a terminal that are drawn again in their place
  kPlain,  ///< a line now and then
  kJson,   ///< lines of JSON
};

struct ProgressOptions {
  ProgressStyle style = ProgressStyle::kOff;
  bool tells_steps = false;  ///< kPlain: also tells when steps start and end
  bool keeps_lines = false;  ///< kLive: the last state stays, for no table of the steps follows it
};

/// Shows on stderr how a run goes. Its thread looks at the steps' counters; those who work do not wait for
/// it.
class Progress : public RunObserver {
 public:
  Progress(ProgressOptions options, std::string pipeline);
  ~Progress() override;
  void run_started(const Session& session, const LookAtSteps& look) override;
  void phase_began(const std::string& phase) override;
  void run_ended(const RunOutcome& outcome) override;

 private:
  void watch(const std::stop_token& stop);
  RunView look();
  void show(const RunView& view);
  void tell_lines(const RunView& view);
  void tell_json(const RunView& view);
  /// Whether so much time has passed since this last said so.
  bool is_due(const RunView& view, std::int64_t every_ms);

  ProgressOptions options_;
  Terminal terminal_;
  LiveLines lines_;
  std::string pipeline_, session_;
  std::int64_t begin_us_ = 0, last_told_ms_ = 0;
  LookAtSteps steps_;
  std::mutex mutex_;
  std::string phase_;                        ///< under the mutex
  std::vector<bool> told_start_, told_end_;  ///< by step
  std::optional<HiddenCursor> cursor_;
  std::jthread thread_;
};

}  // namespace osiris::cli
