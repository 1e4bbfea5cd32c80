#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "remote/envd_client.h"
#include "remote/journal.h"
#include "session/session.h"

namespace osiris::remote {

/// What a worker says, from its start to its end, over as many streams as that takes: what a broken one lost
/// is read out of the journal. Losses and recoveries are events of the session.
class WorkerStream {
 public:
  /// `take` is given every record of the journal, in their order, once.
  WorkerStream(const SandboxAddress& address, Session& session, Cancellation& cancellation,
               JournalReader::Take take);

  /// Opens the connection that the order will take. Not while follow() runs.
  void prepare() { control_.open_connection(); }
  /// Starts the worker, gives it its order, and returns when it has said that it is done, or is gone.
  /// Errors: those of EnvdClient.
  void follow(EnvdClient& envd, const EnvdClient::Command& command, const std::string& order);
  /// Asks the worker to stop; from any thread. Errors: those of EnvdClient.
  void ask_to_stop();

  bool has_started() const { return pid_ != 0; }
  /// Whether the worker told its end.
  bool is_done() const { return is_done_; }
  int exit_code() const { return exit_code_; }
  /// How its process ended, "signal: killed"; empty where nobody heard it.
  const std::string& end() const { return end_; }
  /// What it wrote to its standard error.
  const std::string& words() const { return words_; }

 private:
  template <typename Work>
  void despite_losses(Work work);
  void hear_stream(EnvdClient& envd, const EnvdClient::Command& command, const std::string& order);
  void hear(const EnvdClient::Output& output, const std::string& order);
  void catch_up();
  void take(const Json& record);
  void give_order(const std::string& order);
  bool has_refused_to_start() const;

  const SandboxAddress& address_;
  Session& session_;
  Cancellation& cancellation_;
  EnvdClient control_;
  JournalReader::Take take_;
  JournalReader journal_;
  std::atomic<std::uint64_t> pid_{0};
  bool has_ended_ = false, is_done_ = false;
  int exit_code_ = 0;
  std::optional<std::chrono::steady_clock::time_point> lost_at_;
  std::chrono::steady_clock::time_point ordered_at_;
  std::optional<Error> refused_;  ///< why the order could not be given
  std::string words_, end_;
};

}  // namespace osiris::remote
