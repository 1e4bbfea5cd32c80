#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "sandbox/call_message.h"
#include "sandbox/http_exchange.h"

namespace osiris::sandbox {

/// The answer to a call that streams. Used by one thread.
class ConnectStream {
 public:
  /// How long to wait for something to send before tick() must be called again.
  using Clock = std::chrono::steady_clock;

  /// `ping`: the frame that is sent after a silence. Errors: kUser "sandbox.invalid_argument".
  ConnectStream(HttpExchange& exchange, std::string ping);

  /// Until when the call may last: "Connect-Timeout-Ms" after it began, where it has that header.
  std::optional<Clock::time_point> deadline() const { return deadline_; }
  /// Sends whole frames.
  void send(std::span<const std::string_view> frames);
  void send(std::string_view frame) { send(std::span(&frame, 1)); }
  /// Sends the last frames and the end of a stream that went well.
  void end(std::span<const std::string_view> frames = {});
  /// When to call tick() again at the latest.
  Clock::time_point next_tick() const;
  /// Looks at the peer and the clocks: sends a ping after a silence.
  /// Errors: kUser "sandbox.deadline_exceeded"; kConnection "connection.lost" where nobody listens any more.
  void tick();

 private:
  HttpExchange& exchange_;
  std::string ping_;
  std::chrono::seconds ping_after_;
  std::optional<Clock::time_point> deadline_;
  Clock::time_point last_sent_ = Clock::now();
};

/// Reads the message of a call, does it and answers with the message that it gives, or with its error.
void answer_call(HttpExchange& exchange, const std::function<Json(const CallMessage&)>& call);

/// Reads the one message of a streaming call and does it. An Error that leaves the call is the stream's last
/// frame; the status of HTTP is 200 even then.
void answer_stream(HttpExchange& exchange, const std::string& ping,
                   const std::function<void(const CallMessage&, ConnectStream&)>& call);

}  // namespace osiris::sandbox
