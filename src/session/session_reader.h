#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/file_system.h"
#include "base/json.h"
#include "session/events.h"
#include "session/session_summary.h"
#include "session/session_tally.h"

/// Reads what sessions left. Nothing here changes a file, and nothing that a file contains, or lacks,
/// makes it fail: half a line at the end is what a killed process leaves.
namespace osiris {

/// A line of events.jsonl that is a JSON object.
struct SessionEvent {
  std::optional<std::int64_t> at_ms;  ///< since 1970; nothing where its time cannot be read
  std::string name, step_id;          ///< step_id: empty where it concerns the run
  std::optional<Event> known;         ///< nothing where this version does not know the event
};

/// Everything that `logs show` tells.
struct SessionDetail {
  SessionSummary summary;
  std::optional<int> exit_code;
  std::vector<StepTally> steps;
  std::string event_lines;  ///< events.jsonl as it is
  std::vector<SessionEvent> events;
  std::uint64_t damaged_line_count = 0;  ///< lines of events.jsonl that are no JSON object
  double peak_memory_mb = 0;             ///< 10^6 bytes
  std::uint64_t size_bytes = 0;          ///< see folder_size_bytes

  /// The events of one type, in their order; they live as long as the detail.
  template <typename E>
  std::vector<std::reference_wrapper<const E>> all() const {
    std::vector<std::reference_wrapper<const E>> found;
    for (const SessionEvent& event : events) {
      if (!event.known) continue;
      if (const E* one = std::get_if<E>(&*event.known)) found.emplace_back(*one);
    }
    return found;
  }
};

/// Ids of the sessions under `logs_root`, newest first. A session is a real folder, named run_<digits> or
/// compile_<digits>, that holds a status.json or an events.jsonl; everything else is not ours.
std::vector<std::string> session_ids(const fs::path& logs_root);

/// Which sessions a list has; what is not given does not restrict it.
struct SessionFilter {
  std::size_t most = 0;  ///< the newest so many of those that match; 0: all
  std::optional<SessionStatus> status{};
  std::optional<std::string> pipeline{};
  std::int64_t since_ms = 0;  ///< started then or later, in milliseconds since 1970
};
/// Summaries of the sessions that match, newest first.
std::vector<SessionSummary> list_sessions(const fs::path& logs_root, const SessionFilter& filter = {});
/// The session whose id is `id`, or the only one whose id begins with it.
/// Errors: kUser "session.unknown", "session.ambiguous".
std::string find_session(const fs::path& logs_root, std::string_view id);
/// The id of the newest run. Errors: kUser "session.unknown".
std::string newest_run(const fs::path& logs_root);

/// How the session stands. Costs one small file, so it can be asked again and again.
SessionStatus read_session_status(const fs::path& folder);
/// Requires: the folder is a session's.
SessionSummary read_summary(const fs::path& folder);
SessionDetail read_detail(const fs::path& folder);
/// Hands over each line that is a JSON object; returns how many are none. Blank lines do not count.
std::uint64_t for_each_json_line(std::string_view text, const std::function<void(const Json&)>& take);

/// Bytes that deleting the folder would free: a file that has another name outside (an artifact that is a
/// hard link to what the user asked for) does not count.
std::uint64_t folder_size_bytes(const fs::path& folder);

/// All but the warnings and the events, of which there may be many.
Json outline_json(const SessionDetail& detail);
Json to_json(const SessionDetail& detail);

}  // namespace osiris
