#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run/pace.h"
#include "run/step_run.h"

namespace osiris {

/// A step as those who watch its run see it.
struct StepProgress {
  std::string step_id, component;
  Role role = Role::kExtractor;
  SessionStatus status = SessionStatus::kRunning;
  bool is_started = false;
  std::uint64_t rows_read = 0, rows_written = 0, bytes_read = 0, bytes_written = 0;
  std::int64_t elapsed_ms = 0;
  double rows_per_s = 0;       ///< at present; of a step that has ended, over all its time
  std::optional<Share> share;  ///< while it runs, where it is known how much there is to do
  std::optional<std::int64_t> left_ms;
  double memory_mb = 0;  ///< 10^6 bytes in the step's queues and the batch under way

  bool is_running() const { return is_started && status == SessionStatus::kRunning; }
  bool is_waiting() const { return !is_started && status == SessionStatus::kRunning; }
  /// Whichever are more: those that came or those that left.
  std::uint64_t rows() const { return std::max(rows_read, rows_written); }
  std::uint64_t bytes() const { return std::max(bytes_read, bytes_written); }
};

/// Watches the steps of a run from outside. Used by one thread; those that work do not notice.
class RunProgress {
 public:
  /// The steps outlive it.
  explicit RunProgress(const std::vector<const StepRun*>& steps);
  /// All steps, in the order of the manifest.
  std::vector<StepProgress> look();

 private:
  struct Watched {
    const StepRun* step;
    Pace pace;
    bool has_begun = false;
  };
  static StepProgress look_at(Watched& watched, std::int64_t now_us);

  std::vector<Watched> watched_;
};

}  // namespace osiris
