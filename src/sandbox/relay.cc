#include "sandbox/relay.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// As much as goes through in one call each way.
constexpr std::size_t kRelayBytes = 256 << 10;
constexpr std::size_t kMostAnswerHeadBytes = 64 << 10;

/// Headers that say something about one connection only, and what a sandbox must not know. Source: RFC
/// 9110, 7.6.1.
bool is_kept_back(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames{
      "connection",          "keep-alive", "proxy-authenticate",
      "proxy-authorization", "te",         "trailer",
      "transfer-encoding",   "upgrade",    "host",
      "content-length",      "expect",     "x-access-token",
      "x-api-key",           "cookie"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string head_for_agent(const HttpHead& head) {
  std::string text =
      cat(head.method, " ", head.target, " HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
  for (const auto& [name, value] : head.headers) {
    if (!is_kept_back(name)) text.append(name).append(": ").append(value).append("\r\n");
  }
  if (head.is_chunked) {
    text += "Transfer-Encoding: chunked\r\n";
  } else if (head.content_length) {
    text.append(cat("Content-Length: ", *head.content_length, "\r\n"));
  }
  return text + "\r\n";
}

/// Sends all of it; false where the agent rather answers, or has gone.
bool send_to_agent(int agent, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(agent, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd watched{agent, POLLOUT | POLLIN, 0};
      ::poll(&watched, 1, -1);
      if ((watched.revents & POLLOUT) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/// Waits until one of the two is ready for what is asked of it.
void wait_for_either(int one, short one_events, int other, short other_events) {
  std::array<pollfd, 2> watched{{{one, one_events, 0}, {other, other_events, 0}}};
  ::poll(watched.data(), watched.size(), -1);
}

bool has_event(int descriptor, short events) {
  pollfd watched{descriptor, events, 0};
  return ::poll(&watched, 1, 0) > 0;
}

/// Moves the rest of a body of told length from the client's socket into the agent's, past the memory of this
/// process. Stops where the agent rather answers, or has gone.
void splice_body(HttpExchange& exchange, int agent) {
  constexpr unsigned kHow = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  constexpr int kPipeBytes = 1 << 20;
  const int client = exchange.socket().descriptor();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw_errno(ErrorKind::kInternal, "system.process", "no pipe could be made");
  const Descriptor read_end(ends[0]), write_end(ends[1]);
  ::fcntl(write_end.descriptor(), F_SETPIPE_SZ, kPipeBytes);
  std::size_t held = 0;  // in the pipe
  while (held > 0 || exchange.body_bytes_in_socket() > 0) {
    const ssize_t sent = held == 0 ? 0 : ::splice(read_end.descriptor(), nullptr, agent, nullptr, held, kHow);
    if (sent > 0) held -= static_cast<std::size_t>(sent);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    const std::uint64_t wanted = std::min<std::uint64_t>(exchange.body_bytes_in_socket(), kPipeBytes - held);
    const ssize_t come =
        wanted == 0 ? -1 : ::splice(client, nullptr, write_end.descriptor(), nullptr, wanted, kHow);
    if (come > 0) {
      held += static_cast<std::size_t>(come);
      exchange.took_from_socket(static_cast<std::uint64_t>(come));
    } else if (come == 0 || (wanted > 0 && errno != EAGAIN && errno != EINTR)) {
      throw Error(ErrorKind::kConnection, "connection.lost",
                  "the peer of a request went away within its body");
    } else if (sent <= 0) {
      if (has_event(agent, POLLIN)) return;
      // A pipe may be full of small pieces long before it holds as many bytes as it could, so it is emptied
      // first.
      wait_for_either(agent, static_cast<short>(held > 0 ? POLLOUT | POLLIN : POLLIN), client,
                      static_cast<short>(held > 0 ? 0 : POLLIN));
    }
  }
}

void send_body(HttpExchange& exchange, int agent) {
  // Chosen: what is smaller is faster copied.
  constexpr std::uint64_t kLeastSpliced = 1 << 20;
  const bool is_chunked = exchange.head().is_chunked;
  for (std::string_view piece = exchange.read_body(); !piece.empty(); piece = exchange.read_body()) {
    std::array<char, 24> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    if (is_chunked && !send_to_agent(agent, {size.data(), static_cast<std::size_t>(digits)})) return;
    if (!send_to_agent(agent, piece) || (is_chunked && !send_to_agent(agent, "\r\n"))) return;
    if (exchange.body_bytes_in_socket() >= kLeastSpliced) return splice_body(exchange, agent);
  }
  if (is_chunked) send_to_agent(agent, "0\r\n\r\n");
}

/// Reads what the agent has, waiting for it; 0 at its end. Ends with the client: whoever waits for a
/// sandbox's next word may wait for hours.
std::size_t read_from_agent(HttpExchange& exchange, int agent, std::span<char> buffer) {
  for (;;) {
    const ssize_t count = ::recv(agent, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    // Reset is the end of an agent, too.
    if (errno != EAGAIN && errno != EINTR) return 0;
    const int client = exchange.socket().descriptor();
    wait_for_either(agent, POLLIN, client, POLLRDHUP);
    if (has_event(client, POLLRDHUP))
      throw Error(ErrorKind::kConnection, "connection.lost", "the peer of a request went away");
  }
}

/// What the agent says before the body of its answer.
struct AgentHead {
  int status = 0;
  HttpHeaders headers;
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
};

/// Nothing where it is no head: what comes from a sandbox may be anything.
std::optional<AgentHead> parse_agent_head(std::string_view text) {
  constexpr std::size_t kStatusPlace = 9, kStatusSize = 3;
  AgentHead head;
  const std::vector<std::string> lines = split(text, '\n');
  if (!lines[0].starts_with("HTTP/1.1 ") || lines[0].size() < kStatusPlace + kStatusSize) return std::nullopt;
  head.status = static_cast<int>(parse_integer(lines[0].substr(kStatusPlace, kStatusSize)).value_or(0));
  if (head.status < 200 || head.status > 599) return std::nullopt;
  for (std::size_t index = 1; index < lines.size(); ++index) {
    const std::string line(trim(lines[index]));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.find('\r') != std::string::npos) return std::nullopt;
    const std::string name = to_lower(line.substr(0, colon)), value(trim(line.substr(colon + 1)));
    if (name == "content-length") {
      const auto length = parse_integer(value);
      if (!length || *length < 0) return std::nullopt;
      head.content_length = static_cast<std::uint64_t>(*length);
    } else if (name == "transfer-encoding") {
      head.is_chunked = to_lower(value) == "chunked";
    }
    // Which pages of a browser may read an answer is not for a sandbox to say.
    if (!is_kept_back(name) && !name.starts_with("access-control-") && name != "set-cookie")
      head.headers.emplace_back(line.substr(0, colon), value);
  }
  return head;
}

/// Counts what passes to the client, and says how much of it still may.
class CutCounter {
 public:
  explicit CutCounter(const RelayCut& cut) : cut_(cut) {}

  /// The beginning of the bytes that is let through.
  std::string_view allowed(std::string_view bytes) {
    if (cut_.after_frames) bytes = bytes.substr(0, frame_end(bytes));
    if (cut_.after_bytes)
      bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), *cut_.after_bytes - passed_));
    passed_ += bytes.size();
    return bytes;
  }

 private:
  /// Where the last frame that may pass ends. Source: Connect protocol, enveloped messages: flags, length,
  /// payload.
  std::size_t frame_end(std::string_view bytes) {
    constexpr std::size_t kPrefixBytes = 5;
    for (std::size_t at = 0; at < bytes.size();) {
      if (frame_left_ == 0 && prefix_.empty() && frames_ == *cut_.after_frames) return at;
      if (frame_left_ == 0) {
        prefix_.push_back(bytes[at++]);
        if (prefix_.size() < kPrefixBytes) continue;
        for (std::size_t index = 1; index < kPrefixBytes; ++index)
          frame_left_ = frame_left_ << 8 | static_cast<unsigned char>(prefix_[index]);
        prefix_.clear();
        if (frame_left_ == 0) ++frames_;
      } else {
        const std::size_t step = std::min(frame_left_, bytes.size() - at);
        at += step;
        frame_left_ -= step;
        if (frame_left_ == 0) ++frames_;
      }
    }
    return bytes.size();
  }

  const RelayCut& cut_;
  std::uint64_t passed_ = 0, frames_ = 0;
  std::size_t frame_left_ = 0;
  std::string prefix_;
};

/// The body of an answer, on its way.
class AnswerBody {
 public:
  AnswerBody(HttpExchange& exchange, const AgentHead& head, const RelayCut& cut)
      : exchange_(exchange),
        // An answer without a body has the framing of an empty one.
        decoder_(head.is_chunked
                     ? HttpBodyDecoder::of_chunks()
                     : HttpBodyDecoder::of_length(
                           has_body(exchange, head) ? head.content_length.value_or(UINT64_MAX) : 0)),
        ends_with_connection_(has_body(exchange, head) && !head.is_chunked && !head.content_length),
        counter_(cut),
        is_cut_(cut.after_frames || cut.after_bytes) {}

  /// Passes on what is in the bytes. False where it must break off.
  bool pass(std::string_view bytes) {
    pieces_.clear();
    for (std::string_view piece = decoder_.next(bytes); !piece.empty(); piece = decoder_.next(bytes)) {
      const std::string_view allowed = is_cut_ ? counter_.allowed(piece) : piece;
      pieces_.push_back(allowed);
      if (allowed.size() == piece.size()) continue;
      exchange_.write(pieces_);
      return false;
    }
    if (!pieces_.empty()) exchange_.write(pieces_);
    return true;
  }
  bool is_complete() const { return decoder_.is_complete(); }
  bool ends_with_connection() const { return ends_with_connection_; }

 private:
  static bool has_body(const HttpExchange& exchange, const AgentHead& head) {
    constexpr int kNoContent = 204, kNotModified = 304;
    return exchange.head().method != "HEAD" && head.status != kNoContent && head.status != kNotModified;
  }

  HttpExchange& exchange_;
  HttpBodyDecoder decoder_;
  bool ends_with_connection_;
  CutCounter counter_;
  bool is_cut_;
  std::vector<std::string_view> pieces_;
};

}  // namespace

bool relay(HttpExchange& exchange, int agent, const RelayCut& cut) {
  if (send_to_agent(agent, head_for_agent(exchange.head()))) send_body(exchange, agent);

  std::string buffer(kRelayBytes, '\0');
  std::size_t filled = 0, head_bytes = 0;
  while (head_bytes == 0) {
    const std::size_t count =
        read_from_agent(exchange, agent, std::span(buffer).subspan(filled, kMostAnswerHeadBytes - filled));
    filled += count;
    const std::size_t end = std::string_view(buffer).substr(0, filled).find("\r\n\r\n");
    if (end != std::string::npos) head_bytes = end + 4;
    if (head_bytes == 0 && (count == 0 || filled == kMostAnswerHeadBytes)) return false;
  }
  const auto head = parse_agent_head(std::string_view(buffer).substr(0, head_bytes));
  if (!head) return false;
  exchange.begin(head->status, head->headers, head->is_chunked ? std::nullopt : head->content_length);
  AnswerBody body(exchange, *head, cut);
  bool goes_on = body.pass(std::string_view(buffer).substr(head_bytes, filled - head_bytes));
  while (goes_on && !body.is_complete()) {
    const std::size_t count = read_from_agent(exchange, agent, buffer);
    if (count == 0) break;
    goes_on = body.pass(std::string_view(buffer).substr(0, count));
  }
  // What is not whole gets no end, so the client sees that it broke off.
  if (goes_on && (body.is_complete() || body.ends_with_connection())) exchange.end();
  return true;
}

}  // namespace osiris::sandbox
