#include "sandbox/http_exchange.h"

#include <array>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

namespace {

/// Chosen: 64 KiB go through a Unix socket in one call, four of them keep the number of calls small.
constexpr std::size_t kInputBytes = 256 << 10, kFirstInputBytes = 16 << 10;
constexpr int kNoContent = 204, kNotModified = 304;

bool has_no_body(int status) { return status == kNoContent || status == kNotModified; }

}  // namespace

HttpExchange::HttpExchange(HttpHead head, HttpSocket& socket, std::string& input,
                           std::chrono::milliseconds silence, Cancellation& stopping)
    : head_(std::move(head)),
      socket_(socket),
      input_(input),
      silence_(silence),
      stopping_(stopping),
      body_(head_.is_chunked ? HttpBodyDecoder::of_chunks()
                             : HttpBodyDecoder::of_length(head_.content_length.value_or(0))),
      unread_(input_),
      owes_continue_(head_.expects_continue),
      keeps_alive_(head_.keeps_alive) {}

std::size_t HttpExchange::fill_input() {
  // Most bodies are small.
  input_.resize(input_.size() < kFirstInputBytes ? kFirstInputBytes : kInputBytes);
  const std::size_t count = socket_.read(input_, std::chrono::steady_clock::now() + silence_);
  unread_ = std::string_view(input_).substr(0, count);
  return count;
}

std::string_view HttpExchange::read_body() {
  for (;;) {
    is_broken_ = true;
    const std::string_view piece = body_.next(unread_);
    is_broken_ = false;
    if (!piece.empty() || body_.is_complete()) return piece;
    if (owes_continue_) {
      owes_continue_ = false;
      const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      socket_.write(std::span(&go_on, 1));
    }
    if (fill_input() == 0)
      throw Error(ErrorKind::kConnection, "connection.lost",
                  "the peer of a request went away within its body");
  }
}

std::string HttpExchange::whole_body(std::size_t most_bytes) {
  const auto refuse = [&] {
    throw Error(ErrorKind::kData, "http.too_large", cat("a body of more than ", most_bytes, " bytes"));
  };
  if (head_.content_length.value_or(0) > most_bytes) refuse();
  std::string all;
  for (std::string_view piece = read_body(); !piece.empty(); piece = read_body()) {
    if (all.size() + piece.size() > most_bytes) refuse();
    all += piece;
  }
  return all;
}

std::string HttpExchange::head_text(int status, const HttpHeaders& headers,
                                    std::optional<std::uint64_t> length) const {
  std::string text = cat("HTTP/1.1 ", status, ' ', reason_of(status), "\r\n");
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (length && !has_no_body(status))
    text.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
  if (is_chunked_) text += "Transfer-Encoding: chunked\r\n";
  if (!keeps_alive_) text += "Connection: close\r\n";
  return text;
}

void HttpExchange::answer(int status, std::string_view content_type, std::string_view body,
                          const HttpHeaders& headers) {
  invariant(state_ == State::kFresh, "a request has one answer");
  state_ = State::kEnded;
  std::string head = head_text(status, headers, body.size());
  if (!content_type.empty()) head.append("Content-Type: ").append(content_type).append("\r\n");
  head += "\r\n";
  const std::array<std::string_view, 2> pieces{head, head_.method == "HEAD" ? std::string_view() : body};
  socket_.write(pieces);
}

void HttpExchange::begin(int status, const HttpHeaders& headers,
                         std::optional<std::uint64_t> content_length) {
  invariant(state_ == State::kFresh, "a request has one answer");
  state_ = State::kBegun;
  is_chunked_ = !content_length && !head_.is_http_1_0;
  // A reader of the old version takes all there is until the end.
  if (!content_length && head_.is_http_1_0) keeps_alive_ = false;
  unsent_head_ = head_text(status, headers, content_length) + "\r\n";
}

void HttpExchange::send(std::span<const std::string_view> pieces, bool is_last) {
  invariant(state_ == State::kBegun, "an answer's head goes before its body");
  if (is_last) state_ = State::kEnded;
  std::vector<std::string_view> all;
  if (!unsent_head_.empty()) all.emplace_back(unsent_head_);
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::array<char, 24> text{};
  // An empty chunk would be the end.
  const bool has_chunk = is_chunked_ && size > 0;
  if (has_chunk) {
    const int digits = std::snprintf(text.data(), text.size(), "%zx\r\n", size);
    all.emplace_back(text.data(), static_cast<std::size_t>(digits));
  }
  all.insert(all.end(), pieces.begin(), pieces.end());
  if (has_chunk) all.emplace_back("\r\n");
  if (is_last && is_chunked_) all.emplace_back("0\r\n\r\n");
  socket_.write(all);
  unsent_head_.clear();
}

void HttpExchange::write_file(int file, std::uint64_t offset, std::uint64_t size_bytes) {
  invariant(!is_chunked_, "a file is sent where its length was told");
  send({}, false);
  socket_.send_file(file, offset, size_bytes);
}

bool HttpExchange::finish() {
  // Chosen: reading a little over is faster than a new connection.
  constexpr std::size_t kMostUnread = 256 << 10;
  constexpr std::chrono::milliseconds kPatience{500};
  if (is_broken_ || (owes_continue_ && !body_.is_complete())) return false;
  silence_ = std::min(silence_, kPatience);
  std::size_t size = 0;
  while (!body_.is_complete() && size <= kMostUnread) size += read_body().size();
  if (!body_.is_complete()) return false;
  // What follows is the next request; a large buffer of a body is not kept for it.
  input_ = std::string(unread_);
  unread_ = {};
  return keeps_alive_;
}

}  // namespace osiris::sandbox
