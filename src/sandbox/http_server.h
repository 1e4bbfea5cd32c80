#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <optional>

#include "base/cancellation.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "net/wake_up.h"
#include "sandbox/http_exchange.h"
#include "sandbox/small_thread.h"

namespace osiris::sandbox {

struct HttpServerLimits {
  std::chrono::milliseconds idle{620'000};     ///< how long a connection may be without a request
  std::chrono::milliseconds head{10'000};      ///< how long a request's head may take
  std::chrono::milliseconds silence{620'000};  ///< how long no byte of a body may come or go
  std::size_t connections = 1024;
};

/// Answers HTTP/1.1 on a listening socket, a thread for each connection. Both the server that people talk to
/// and the program inside a sandbox are made of it.
///
/// A handler that throws an Error before its answer has begun is answered for it, as refusal_of() says, with
/// {"code":..,"message":..}; after that the connection is cut.
class HttpServer {
 public:
  using Handler = std::function<void(HttpExchange&)>;

  /// Errors: kInternal "system.thread", "system.eventfd".
  HttpServer(Descriptor listening, Handler handler, HttpServerLimits limits = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Stops it.
  ~HttpServer();

  /// Accepts nothing more, cuts every connection and waits for their handlers, which hear of it by
  /// HttpExchange::stopping(). Called by one thread.
  void stop();
  std::size_t connection_count() const;

 private:
  struct Connection;

  void accept_all();
  void admit(Descriptor socket);
  void serve(Connection& connection);
  void refuse_head(Connection& connection, const Error& error);
  void answer_one(HttpExchange& exchange);

  Descriptor listening_;
  Handler handler_;
  HttpServerLimits limits_;
  Cancellation stopping_;
  WakeUp stopped_{stopping_};
  mutable std::mutex mutex_;
  std::list<Connection> connections_, finished_;
  std::condition_variable one_finished_;
  std::optional<SmallThread> acceptor_;
};

/// A listening Unix socket at a path, which must not exist; only its owner may connect.
/// Errors: kUser "sandbox.cannot_listen".
Descriptor listen_at(const std::filesystem::path& path);
/// A listening TCP socket on the loopback interface; port 0 takes a free one. Errors: as listen_at().
Descriptor listen_on_loopback(std::uint16_t port);
/// The port that a TCP socket has.
std::uint16_t port_of(const Descriptor& listening);

}  // namespace osiris::sandbox
