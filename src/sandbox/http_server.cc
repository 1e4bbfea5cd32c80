#include "sandbox/http_server.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "net/wake_up.h"
#include "sandbox/refusal.h"

namespace osiris::sandbox {

namespace {

constexpr std::size_t kHeadBufferBytes = 8 << 10;

/// Reads until a head is whole; nothing where the peer closed before it began one.
std::optional<HttpHead> read_head(HttpSocket& socket, std::string& input, const HttpServerLimits& limits) {
  auto deadline = std::chrono::steady_clock::now() + (input.empty() ? limits.idle : limits.head);
  for (;;) {
    if (const auto size = head_size(input)) {
      HttpHead head = parse_http_head(std::string_view(input).substr(0, *size));
      input.erase(0, *size);
      return head;
    }
    const std::size_t before = input.size();
    input.resize(before + kHeadBufferBytes);
    const std::size_t count = socket.read(std::span(input).subspan(before), deadline);
    input.resize(before + count);
    if (count == 0) return std::nullopt;
    if (before == 0) deadline = std::chrono::steady_clock::now() + limits.head;
  }
}

/// Tells an error where that can still be understood as an answer.
void send_refusal(HttpExchange& exchange, const Error& error) {
  const int status = refusal_of(error).status;
  exchange.answer_json(status, refusal_json(status, error.message()));
}

Descriptor begin_listening(int socket, const sockaddr* address, socklen_t size, const std::string& where) {
  Descriptor listening(socket);
  constexpr int kBacklog = 512;
  if (!listening.is_open() || ::bind(socket, address, size) != 0 || ::listen(socket, kBacklog) != 0)
    throw_errno(ErrorKind::kUser, "sandbox.cannot_listen", cat("cannot listen at '", where, "'"));
  return listening;
}

}  // namespace

/// Made and removed by the acceptor; its thread moves it from one list to the other.
struct HttpServer::Connection {
  Connection(Descriptor descriptor, std::chrono::milliseconds silence)
      : socket(std::move(descriptor), silence) {}

  HttpSocket socket;
  std::list<Connection>::iterator place;
  std::optional<SmallThread> thread;  // joined before the socket goes
};

HttpServer::HttpServer(Descriptor listening, Handler handler, HttpServerLimits limits)
    : listening_(std::move(listening)), handler_(std::move(handler)), limits_(limits) {
  // A peer that goes is an error of the write, not the end of the program; sendfile() has no flag for it.
  ::signal(SIGPIPE, SIG_IGN);
  acceptor_.emplace([this] { accept_all(); });
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::stop() {
  stopping_.cancel();
  acceptor_.reset();
  listening_.close();
  std::unique_lock lock(mutex_);
  for (Connection& connection : connections_) connection.socket.cut();
  one_finished_.wait(lock, [this] { return connections_.empty(); });
  std::list<Connection> finished;
  finished.swap(finished_);
  // Their threads still take the lock for a moment.
  lock.unlock();
}

std::size_t HttpServer::connection_count() const {
  const std::scoped_lock lock(mutex_);
  return connections_.size();
}

void HttpServer::accept_all() {
  while (!stopping_.is_cancelled()) {
    std::array<pollfd, 2> watched{{{listening_.descriptor(), POLLIN, 0}, {stopped_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    Descriptor socket(::accept4(listening_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.is_open()) {
      admit(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
      // The connection waits until another one ends.
      constexpr useconds_t kPause = 20'000;
      ::usleep(kPause);
    }
    std::list<Connection> finished;
    const std::scoped_lock lock(mutex_);
    finished.swap(finished_);
  }
}

void HttpServer::admit(Descriptor socket) {
  const std::scoped_lock lock(mutex_);
  if (connections_.size() >= limits_.connections) {
    const std::string body = refusal_json(503, "too many connections");
    const std::string text = cat("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n",
                                 "Content-Length: ", body.size(), "\r\nConnection: close\r\n\r\n", body);
    ::send(socket.descriptor(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  Connection& connection = connections_.emplace_back(std::move(socket), limits_.silence);
  connection.place = std::prev(connections_.end());
  try {
    connection.thread.emplace([this, &connection] { serve(connection); });
  } catch (const Error&) {
    // No memory for a thread: the peer sees the connection closed, the others go on.
    connections_.pop_back();
  }
}

void HttpServer::serve(Connection& connection) {
  std::string input;
  bool goes_on = true;
  while (goes_on && !stopping_.is_cancelled()) {
    std::optional<HttpExchange> exchange;
    try {
      auto head = read_head(connection.socket, input, limits_);
      if (!head) break;
      exchange.emplace(std::move(*head), connection.socket, input, limits_.silence, stopping_);
      answer_one(*exchange);
      goes_on = exchange->has_ended() && exchange->finish();
      if (!exchange->has_ended()) connection.socket.cut();
      if (!goes_on) connection.socket.linger();
    } catch (const Error& error) {
      goes_on = false;
      if (exchange && !exchange->has_ended()) {
        connection.socket.cut();
      } else if (error.kind() == ErrorKind::kUser) {
        if (!exchange) refuse_head(connection, error);
        connection.socket.linger();
      }
    }
  }
  const std::scoped_lock lock(mutex_);
  finished_.splice(finished_.end(), connections_, connection.place);
  connection.socket.close();
  one_finished_.notify_all();
}

void HttpServer::refuse_head(Connection& connection, const Error& error) {
  std::string nothing;
  HttpHead head;
  head.keeps_alive = false;
  HttpExchange exchange(std::move(head), connection.socket, nothing, limits_.silence, stopping_);
  try {
    send_refusal(exchange, error);
  } catch (const Error&) {
    connection.socket.cut();
  }
}

void HttpServer::answer_one(HttpExchange& exchange) {
  try {
    handler_(exchange);
    invariant(exchange.has_begun(), "a handler answers its request");
  } catch (...) {
    const Error error = as_error(std::current_exception());
    if (error.kind() == ErrorKind::kConnection || exchange.has_begun()) throw error;
    send_refusal(exchange, error);
  }
}

Descriptor listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::kUser, "sandbox.cannot_listen",
                cat("the path of a socket is too long: '", text, "'"));
  text.copy(address.sun_path, text.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // Before it has its name: nobody may connect in between.
  ::fchmod(socket, S_IRUSR | S_IWUSR);
  return begin_listening(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address, text);
}

Descriptor listen_on_loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return begin_listening(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                         cat("127.0.0.1:", port));
}

std::uint16_t port_of(const Descriptor& listening) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listening.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace osiris::sandbox
