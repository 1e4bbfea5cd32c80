#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file_system.h"
#include "session/events.h"
#include "session/session_files.h"
#include "session/session_tally.h"
#include "session/status_file.h"

namespace osiris {

/// Milliseconds since 1970-01-01T00:00:00Z.
using Clock = std::function<std::int64_t()>;

/// A file that a step has delivered, to be kept in the session too.
struct Delivery {
  std::string step_id;
  fs::path target;                ///< absolute, or relative to the working directory
  std::string target_name;        ///< the target as the user knows it; empty: `target`
  bool written_in_place = false;  ///< later runs change the same file (append), so a link would change too
  /// "sha256:…", where the writer computed it on the way. Else the file is hashed here.
  std::string sha256;
};

/// The one folder that a run or a compile leaves: it makes the folder, writes its files and closes it.
/// Thread-safe. See docs/session.md.
///
/// A line that cannot be written (a full disk) does not stop a run: the first such error is kept, and
/// end() throws it.
class Session {
 public:
  /// Makes `logs_root`/`kind`_<milliseconds>; a name that is taken gives the next millisecond.
  /// Errors: kUser "file.unwritable"; kData "file.disk_full".
  Session(const fs::path& logs_root, std::string_view kind, Clock clock);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// "run_1700000000000"
  const std::string& id() const { return id_; }
  const fs::path& folder() const { return folder_; }
  fs::path manifest_path() const { return folder_ / kManifestFile; }
  /// The step's folder of artifacts, made.
  fs::path artifact_folder(const std::string& step_id);

  /// Writes the event through, to events.jsonl and as a line of osiris.log.
  void emit(const Event& event);
  /// Writes one measurement through; it also is the heartbeat of the session.
  /// An empty step_id is the whole run's.
  void metric(std::string_view name, double value, std::string_view unit, std::string_view step_id);
  /// From now on every line of events.jsonl and metrics.jsonl is also given to `take`, in their order.
  void follow(std::function<void(std::string_view line)> take);
  /// Takes over an event or a measurement of a session of this name on another machine, with its time. What
  /// begins and ends the run is this session's own to say.
  void adopt(const Json& line);
  /// Keeps a delivered file as artifacts/<step_id>/output.<ext>: a hard link, else a reflink, else a copy;
  /// never a hard link where it is written in place. A second file of a step is output_2, and so on. A file
  /// that was written among the step's artifacts stays as it is; what is no regular file (a pipe, a
  /// device) is left alone. Emits artifact_written, save for the last.
  /// Errors: kUser "file.unwritable", "file.unreadable"; kData "file.disk_full".
  void add_artifact(const Delivery& delivery);

  /// Emits run_end where run_start was emitted, and writes the last status.json. Called once; what a thread
  /// that was left behind still emits is dropped, so run_end stays the last line.
  /// Errors: the first error that kept one of the session's own lines or files from being written.
  void end(SessionStatus status_now, int exit_code, const std::optional<FailureFacts>& failure);

  /// What the events so far add up to.
  SessionTally tally() const;

 private:
  void append_line(OutputFile& file, std::string line);
  void emit_locked(const Event& event);
  void append_event(const Event& event, const Json& line, std::int64_t at_ms);
  void append_metric(const Json& line);
  StatusFile status(SessionStatus status_now) const;

  Clock clock_;
  std::string kind_;
  std::int64_t started_us_;  ///< of the steady clock, for the duration
  std::int64_t started_at_ms_ = 0;
  std::string id_;
  fs::path folder_;
  ProcessMark process_;
  mutable std::mutex mutex_;
  OutputFile events_, metrics_, log_;
  SessionTally tally_;
  std::function<void(std::string_view)> follower_;
  std::optional<Error> write_problem_;
  bool has_ended_ = false;
};

}  // namespace osiris
