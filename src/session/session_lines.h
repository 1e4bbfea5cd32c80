#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/file_system.h"
#include "base/json.h"
#include "session/events.h"

/// The raw material of a session: the lines of its three files, as they stand there.
namespace osiris {

enum class SessionFile { kEvents, kMetrics, kLog };

/// The name inside the session's folder.
std::string_view file_name(SessionFile file);

/// Chooses the lines that are about one step. A line of the log that continues an entry goes with it.
class StepLines {
 public:
  /// An empty step_id takes every line.
  StepLines(SessionFile file, std::string step_id);

  /// Requires: the lines are asked for in their order.
  bool takes(std::string_view line);

 private:
  SessionFile file_;
  std::string step_id_;
  bool took_entry_ = false;
};

/// The whole lines of a session's file that are about a step, or all of them.
std::vector<std::string> session_lines(const fs::path& folder, SessionFile file, const std::string& step_id);

/// An entry of osiris.log, taken apart.
struct LogEntry {
  std::string time;     ///< "2023-11-14 23:13:20.123", local time of the machine that ran
  std::string level;    ///< INFO, WARNING, ERROR
  std::string step_id;  ///< empty where it concerns the run
  std::string message;  ///< one line, or several
};
/// The entries of a log's lines; lines before the first entry are none.
std::vector<LogEntry> log_entries(const std::vector<std::string>& lines);
/// An array of them.
Json json_of(const std::vector<LogEntry>& entries);
/// An array of the lines that are JSON objects.
Json json_of_lines(const std::vector<std::string>& lines);

/// Hands over each line of the step, or of all, those that are there and those that come, until the session
/// has ended. Returns how it ended; nothing where it was cancelled before.
std::optional<SessionStatus> follow_session(const fs::path& folder, SessionFile file,
                                            const std::string& step_id,
                                            const std::function<void(std::string_view)>& take,
                                            Cancellation& cancellation);

}  // namespace osiris
