#include "remote/worker_stream.h"

#include "base/error.h"
#include "base/text.h"
#include "remote/worker_start.h"

namespace osiris::remote {

namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPauseAfterLoss{200};
constexpr int kOrderTries = 4;
/// Chosen: what a worker that goes mad may say before its words are cut.
constexpr std::size_t kMostWords = std::size_t{1} << 20;

std::int64_t elapsed_ms(SteadyTime::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyTime::now() - since).count();
}

}  // namespace

WorkerStream::WorkerStream(const SandboxAddress& address, Session& session, Cancellation& cancellation,
                           JournalReader::Take take)
    : address_(address),
      session_(session),
      cancellation_(cancellation),
      control_(address, cancellation),
      take_(std::move(take)),
      journal_([this](const Json& record) { this->take(record); }) {}

void WorkerStream::follow(EnvdClient& envd, const EnvdClient::Command& command, const std::string& order) {
  pid_ = 0;
  has_ended_ = false;
  exit_code_ = 0;
  refused_.reset();
  words_.clear();
  for (bool is_read = false; !is_done_ && !(has_ended_ && is_read);) {
    if (!has_ended_) despite_losses([&] { hear_stream(envd, command, order); });
    is_read = false;
    despite_losses([&] {
      catch_up();
      is_read = true;
    });
    if (!is_done_ && lost_at_ && !wait_for(kPauseAfterLoss, cancellation_)) cancellation_.check();
  }
  if (lost_at_) session_.emit(StreamResumed{journal_.next_sequence(), elapsed_ms(*lost_at_)});
  lost_at_.reset();
  if (refused_ && !is_done_ && !has_refused_to_start()) throw Error(*refused_);
}

/// Does something that a broken connection may keep from being done, as long as the worker is not lost with
/// it.
template <typename Work>
void WorkerStream::despite_losses(Work work) {
  try {
    work();
  } catch (const Error& error) {
    cancellation_.check();
    if (pid_ == 0 || error.code() == "remote.gone" || error.kind() != ErrorKind::kConnection) throw;
    has_ended_ = has_ended_ || error.code() == "remote.process";
    if (lost_at_) return;
    lost_at_ = SteadyTime::now();
    session_.emit(StreamLost{error.message(), journal_.next_sequence()});
  }
}

void WorkerStream::hear_stream(EnvdClient& envd, const EnvdClient::Command& command,
                               const std::string& order) {
  const auto listen = [&](const EnvdClient::Output& output) { hear(output, order); };
  journal_.begin_stream();
  has_ended_ = pid_ == 0 ? envd.start(command, listen) : envd.connect(pid_, listen);
  if (!has_ended_) throw Error(ErrorKind::kConnection, "connection.lost", "the stream ended early");
}

bool WorkerStream::has_refused_to_start() const {
  return exit_code_ == kProgramNotThere || exit_code_ == kSystemTooOld;
}

/// Reads out of the journal what the stream did not tell.
void WorkerStream::catch_up() {
  if (is_done_ || has_refused_to_start()) return;
  journal_.read(control_.read(in_sandbox_project(kJournalFile), journal_.offset()));
}

void WorkerStream::hear(const EnvdClient::Output& output, const std::string& order) {
  using Kind = EnvdClient::Output::Kind;
  switch (output.kind) {
    case Kind::kStarted:
      if (pid_.exchange(output.pid) != 0) return;
      ordered_at_ = SteadyTime::now();
      give_order(order);
      return;
    case Kind::kStdout:
      journal_.hear(output.bytes);
      if (journal_.has_gap()) catch_up();
      return;
    case Kind::kStderr:
      if (words_.size() < kMostWords) words_ += output.bytes;
      return;
    case Kind::kEnded:
      end_ = output.status;
      exit_code_ = output.exit_code;
      return;
  }
}

void WorkerStream::give_order(const std::string& order) {
  session_.emit(RpcSent{"run", order.size()});
  // The worker passes over a line that is none, so one that may have come in part goes again as a whole.
  for (int attempt = 1;; ++attempt) {
    try {
      return control_.send_input(pid_, attempt == 1 ? order : cat("\n", order));
    } catch (const Error& error) {
      cancellation_.check();
      if (error.code() == "remote.gone") throw;
      // Who is gone before it heard the order says why with its end.
      refused_ = error;
      if (!error.is_retryable() || attempt == kOrderTries) return;
    }
    if (!wait_for(kPauseAfterLoss, cancellation_)) cancellation_.check();
  }
}

void WorkerStream::take(const Json& record) {
  if (record.value("seq", std::uint64_t{1}) == 0) session_.emit(WorkerStarted{pid_});
  is_done_ = is_done_ || record.contains("done");
  if (is_done_) session_.emit(RpcDone{"run", elapsed_ms(ordered_at_)});
  take_(record);
}

void WorkerStream::ask_to_stop() {
  static constexpr std::string_view kCancel = "{\"cmd\":\"cancel\"}\n";
  Cancellation own;
  EnvdClient client(address_, own);
  session_.emit(RpcSent{"cancel", kCancel.size()});
  client.send_input(pid_, kCancel);
}

}  // namespace osiris::remote
