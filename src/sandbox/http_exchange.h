#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "sandbox/http_body.h"
#include "sandbox/http_head.h"
#include "sandbox/http_socket.h"

namespace osiris::sandbox {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A request and the answer to it, in the hands of its handler, which sends exactly one answer: answer(), or
/// begin(), any number of writes, end(). Used by one thread.
///
/// Errors: what the peer does wrong is kUser "http.bad_request"; that it is slow or gone is kConnection
/// "connection.timeout" or "connection.lost", which a handler lets through.
class HttpExchange {
 public:
  /// Requires: socket, input (what was read after the head) and stopping outlive the exchange.
  HttpExchange(HttpHead head, HttpSocket& socket, std::string& input, std::chrono::milliseconds silence,
               Cancellation& stopping);

  const HttpHead& head() const { return head_; }

  /// The next piece of the body, out of its framing; empty at its end. Valid until the next call. The first
  /// call sends the "100 Continue" that a peer may wait for.
  std::string_view read_body();
  /// The body from where it was read to. Errors: kData "http.too_large".
  std::string whole_body(std::size_t most_bytes);

  /// Sends a whole answer in one write. `content_type` is left out where it is empty.
  void answer(int status, std::string_view content_type, std::string_view body,
              const HttpHeaders& headers = {});
  void answer_json(int status, std::string_view body) { answer(status, "application/json", body); }
  /// Begins an answer, whose head goes out together with the first piece; without a length its body goes in
  /// chunks.
  void begin(int status, const HttpHeaders& headers,
             std::optional<std::uint64_t> content_length = std::nullopt);
  /// Sends pieces of the body at once, as one.
  void write(std::span<const std::string_view> pieces) { send(pieces, false); }
  void write(std::string_view piece) { write(std::span(&piece, 1)); }
  /// Sends bytes of an open file; after begin() with a length.
  void write_file(int file, std::uint64_t offset, std::uint64_t size_bytes);
  /// Sends the last pieces and ends an answer that was begun. Without it the connection is cut, so that the
  /// peer sees a broken answer.
  void end(std::span<const std::string_view> pieces = {}) { send(pieces, true); }

  bool has_begun() const { return state_ != State::kFresh; }
  bool has_ended() const { return state_ == State::kEnded; }
  /// The peer has gone, or the server stops: nobody waits for an answer.
  bool is_abandoned() const { return stopping_.is_cancelled() || socket_.is_gone(); }
  /// Cancelled when the server stops; whoever waits registers a hook.
  Cancellation& stopping() { return stopping_; }
  /// For those who relay a connection; what they write or read there must keep to the framing.
  HttpSocket& socket() { return socket_; }
  /// How much of a body of told length is still to come out of the socket, once read_body() has given what
  /// came before; 0 for chunks. Who takes some of it there says so.
  std::uint64_t body_bytes_in_socket() const { return unread_.empty() ? body_.left_bytes() : 0; }
  void took_from_socket(std::uint64_t bytes) { body_.skip(bytes); }

  /// Reads what is left of the body where that is little; says whether the connection can have another
  /// request.
  bool finish();

 private:
  enum class State { kFresh, kBegun, kEnded };

  std::string head_text(int status, const HttpHeaders& headers, std::optional<std::uint64_t> length) const;
  std::size_t fill_input();
  void send(std::span<const std::string_view> pieces, bool is_last);

  HttpHead head_;
  HttpSocket& socket_;
  std::string& input_;
  std::chrono::milliseconds silence_;
  Cancellation& stopping_;
  HttpBodyDecoder body_;
  std::string_view unread_;  ///< of input_
  bool owes_continue_;
  bool is_broken_ = false;   ///< the framing of the request's body
  bool is_chunked_ = false;  ///< the answer
  std::string unsent_head_;
  bool keeps_alive_;
  State state_ = State::kFresh;
};

}  // namespace osiris::sandbox
