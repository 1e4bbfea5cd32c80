#include "sandbox/connect_call.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "sandbox/connect_frames.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

namespace {

/// Chosen: the largest message is the input of a process, and a peer sends that in pieces.
constexpr std::size_t kMostMessageBytes = 16 << 20;

/// Answers what is no call at all, before anything of it is read; true where it did.
bool refuse_form(HttpExchange& exchange, std::string_view wanted_type) {
  if (exchange.head().method != "POST") {
    exchange.answer_json(405, refusal_json(405, "a call is a POST"));
    return true;
  }
  const std::string_view type = exchange.head().header("content-type");
  const std::string media(to_lower(trim(type.substr(0, type.find(';')))));
  if (media != wanted_type) {
    exchange.answer(
        415, "application/json",
        refusal_json(415, cat("the content type of this call is ", wanted_type, ", not '", media, "'")));
    return true;
  }
  return false;
}

std::optional<std::int64_t> number_header(const HttpHead& head, std::string_view name) {
  const std::string_view text = head.header(name);
  if (text.empty()) return std::nullopt;
  // As long as Connect lets a time limit be; nothing computed from it overflows.
  constexpr std::size_t kMostDigits = 10;
  const auto number = text.size() > kMostDigits ? std::nullopt : parse_integer(text);
  if (!number || *number < 0)
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("the header ", name, " is no number: '", text, "'"));
  return number;
}

CallMessage read_stream_message(HttpExchange& exchange) {
  ConnectFrameDecoder decoder(kMostMessageBytes);
  std::optional<ConnectFrame> message;
  for (std::string_view piece = exchange.read_body(); !piece.empty(); piece = exchange.read_body()) {
    decoder.feed(piece);
    while (auto frame = decoder.next()) {
      if (frame->is_end) continue;
      if (message) throw Error(ErrorKind::kUser, "http.bad_request", "a call with more than one message");
      message = std::move(frame);
    }
  }
  if (!message || !decoder.is_between_frames())
    throw Error(ErrorKind::kUser, "http.bad_request", "a call without a whole message");
  return CallMessage::parse(message->payload);
}

}  // namespace

ConnectStream::ConnectStream(HttpExchange& exchange, std::string ping)
    : exchange_(exchange), ping_(std::move(ping)) {
  // Source: envd's, where a peer asks for none.
  constexpr std::int64_t kPingAfterS = 90;
  ping_after_ = std::chrono::seconds(std::max<std::int64_t>(
      1, number_header(exchange.head(), "keepalive-ping-interval").value_or(kPingAfterS)));
  if (const auto limit_ms = number_header(exchange.head(), "connect-timeout-ms"))
    deadline_ = Clock::now() + std::chrono::milliseconds(*limit_ms);
}

void ConnectStream::send(std::span<const std::string_view> frames) {
  exchange_.write(frames);
  last_sent_ = Clock::now();
}

void ConnectStream::end(std::span<const std::string_view> frames) {
  const std::string last = connect_end_frame();
  std::vector<std::string_view> all(frames.begin(), frames.end());
  all.emplace_back(last);
  exchange_.end(all);
}

ConnectStream::Clock::time_point ConnectStream::next_tick() const {
  // Chosen: a peer that went away without a word is noticed so soon.
  constexpr std::chrono::milliseconds kLook{500};
  const Clock::time_point next = std::min(last_sent_ + ping_after_, Clock::now() + kLook);
  return deadline_ ? std::min(next, *deadline_) : next;
}

void ConnectStream::tick() {
  if (exchange_.is_abandoned())
    throw Error(ErrorKind::kConnection, "connection.lost", "nobody listens to the stream any more");
  const Clock::time_point now = Clock::now();
  if (deadline_ && now >= *deadline_)
    throw Error(ErrorKind::kUser, "sandbox.deadline_exceeded", "context deadline exceeded");
  if (now >= last_sent_ + ping_after_) send(ping_);
}

void answer_call(HttpExchange& exchange, const std::function<Json(const CallMessage&)>& call) {
  if (refuse_form(exchange, "application/json")) return;
  std::string answer;
  int status = 200;
  try {
    answer = message_text(call(CallMessage::parse(exchange.whole_body(kMostMessageBytes))));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kConnection) throw;
    const std::string_view word = refusal_of(error).word;
    status = connect_status(word);
    answer = message_text(connect_error_json(word, error.message()));
  }
  exchange.answer_json(status, answer);
}

void answer_stream(HttpExchange& exchange, const std::string& ping,
                   const std::function<void(const CallMessage&, ConnectStream&)>& call) {
  if (refuse_form(exchange, "application/connect+json")) return;
  try {
    const CallMessage message = read_stream_message(exchange);
    ConnectStream stream(exchange, ping);
    exchange.begin(200, {{"Content-Type", "application/connect+json"}});
    call(message, stream);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kConnection) throw;
    if (!exchange.has_begun()) exchange.begin(200, {{"Content-Type", "application/connect+json"}});
    const std::string last = connect_end_frame(refusal_of(error).word, error.message());
    const std::string_view frame = last;
    exchange.end(std::span(&frame, 1));
  }
}

}  // namespace osiris::sandbox
