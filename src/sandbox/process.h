#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/cancellation.h"
#include "base/descriptor.h"
#include "net/wake_up.h"
#include "sandbox/process_output.h"
#include "sandbox/small_thread.h"

namespace osiris::sandbox {

struct TerminalSize {
  std::uint16_t columns = 80, rows = 24;
};

/// What a peer asked for; List says it again.
struct ProcessConfig {
  std::string command;  ///< looked for in the PATH of `environment`
  std::vector<std::string> arguments;
  std::map<std::string, std::string> variables;
  std::string folder;
  std::optional<std::string> tag;
};

struct ProcessOptions {
  ProcessConfig config;
  std::string folder;                                             ///< where it starts, absolute
  std::vector<std::string> environment;                           ///< NAME=value, all of it
  bool has_input = true;                                          ///< otherwise it reads /dev/null
  std::optional<TerminalSize> terminal;                           ///< instead of pipes
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< when it is killed
  bool blocks_unattended = false;                                 ///< as ProcessOutput has it
  bool signals_leader_only = false;                               ///< otherwise signals go to its whole group
};

/// A program that a peer started: it has a process group, or a session, of its own, and a thread that reads
/// what it says. A program that cannot be started is no error: as with a shell it ends with code 127 and
/// words on standard error. Thread-safe.
///
/// It ends, for those who listen, when the program itself does. What it left in its pipes before that is
/// theirs; what programs that it left behind still say is read, so that they go on, and thrown away.
class Process {
 public:
  /// Starts it; nothing is read before run(). Errors: kInternal "system.process", "system.thread".
  explicit Process(ProcessOptions options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Kills it where it still runs.
  ~Process();

  /// Begins to read; called once, after the first listener has begun to.
  void run();

  pid_t pid() const { return pid_; }
  const ProcessConfig& config() const { return options_.config; }
  bool has_terminal() const { return options_.terminal.has_value(); }
  ProcessOutput& output() { return output_; }
  /// When it ended; nothing while it runs.
  std::optional<std::chrono::steady_clock::time_point> ended_at() const;
  /// It was killed because its deadline had passed.
  bool is_overdue() const { return is_overdue_; }
  /// Nobody has its pipes open any more, and nothing of it is left to be read.
  bool is_silent() const { return is_silent_; }

  /// Writes to its standard input, or types at its terminal; waits while it does not read.
  /// Errors: kInternal "sandbox.input": not enabled, closed, or it has ended; kConnection "connection.lost"
  ///         when `is_abandoned` became true first.
  void write_input(std::string_view bytes, const std::function<bool()>& is_abandoned);
  /// Errors: kInternal "sandbox.input" with a terminal.
  void close_input();
  /// Errors: kInternal "sandbox.input" without a terminal.
  void resize(TerminalSize size);
  /// Does nothing when it has ended.
  void signal(int number);

 private:
  void spawn();
  void read_all();
  bool read_some(Descriptor& from, std::string_view stream);
  void await_end();
  void end();

  ProcessOptions options_;
  Cancellation stopping_;
  WakeUp stopped_{stopping_};
  Descriptor wake_;
  ProcessOutput output_;
  Descriptor stdout_, stderr_, terminal_, process_descriptor_;
  std::mutex input_mutex_;
  Descriptor input_;
  pid_t pid_ = 0;
  mutable std::mutex mutex_;
  std::atomic<bool> is_reaped_{false};
  int wait_status_ = 0;
  std::optional<std::chrono::steady_clock::time_point> ended_at_;
  std::atomic<bool> is_overdue_{false}, is_silent_{false};
  std::optional<SmallThread> thread_;
};

/// The end event of a process: {"event":{"end":{..}}}. A wait status as waitpid() has it.
std::string end_event_json(int wait_status);

}  // namespace osiris::sandbox
