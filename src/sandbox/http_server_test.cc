#include "sandbox/http_server.h"

#include <atomic>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "sandbox/test_peer.h"

namespace osiris::sandbox {
namespace {

using std::chrono::milliseconds;

/// A server on a free port of the loopback interface.
class TestServer {
 public:
  explicit TestServer(HttpServer::Handler handler, HttpServerLimits limits = {})
      : listening_(listen_on_loopback(0)),
        port_(port_of(listening_)),
        server_(std::move(listening_), std::move(handler), limits) {}

  TestPeer connect() const { return TestPeer(port_); }
  HttpServer& server() { return server_; }

 private:
  Descriptor listening_;
  std::uint16_t port_;
  HttpServer server_;
};

void echo(HttpExchange& exchange) {
  exchange.answer(200, "text/plain", cat(exchange.head().path, ":", exchange.whole_body(1 << 20)));
}

TEST(HttpServer, Answers_many_requests_on_one_connection) {
  TestServer server(echo);
  const TestPeer peer = server.connect();
  EXPECT_EQ(peer.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "/a:"),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\n/a:");
  EXPECT_TRUE(
      peer.ask("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", ":abc").ends_with("/b:abc"));
  EXPECT_TRUE(peer.ask("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n",
                       ":def")
                  .ends_with("/c:def"));
  // Two at once, and then the end.
  const std::string both = peer.ask(
      "GET /d HTTP/1.1\r\nHost: x\r\n\r\nGET /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "<never>");
  EXPECT_NE(both.find("/d:"), std::string::npos);
  EXPECT_NE(both.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(both.ends_with("/e:<closed>")) << both;
}

TEST(HttpServer, Says_go_on_where_it_is_waited_for) {
  TestServer server(echo);
  const TestPeer peer = server.connect();
  EXPECT_EQ(
      peer.ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "\r\n\r\n"),
      "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(peer.ask("hi", ":hi").ends_with("/:hi"));
}

TEST(HttpServer, Does_not_ask_for_a_body_that_it_refuses) {
  TestServer server(
      [](HttpExchange&) { throw Error(ErrorKind::kUser, "sandbox.not_found", "no such thing"); });
  const TestPeer peer = server.connect();
  EXPECT_EQ(
      peer.ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "<never>"),
      "HTTP/1.1 404 Not Found\r\nContent-Length: 38\r\nContent-Type: application/json\r\n\r\n"
      "{\"code\":404,\"message\":\"no such thing\"}<closed>");
}

TEST(HttpServer, Reads_over_a_small_body_and_ends_after_a_large_one) {
  TestServer server([](HttpExchange& exchange) { exchange.answer(200, "", "x"); });
  const TestPeer small = server.connect();
  EXPECT_TRUE(
      small.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "\r\n\r\nx").ends_with("x"));
  EXPECT_TRUE(small.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\nx").ends_with("x"));
  const TestPeer large = server.connect();
  const std::string body(1 << 20, 'b');
  const std::string got =
      large.ask(cat("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n", body), "<never>");
  EXPECT_TRUE(got.ends_with("\r\n\r\nx<closed>")) << got;
}

TEST(HttpServer, Streams_in_chunks_and_cuts_what_does_not_end) {
  TestServer server([](HttpExchange& exchange) {
    exchange.begin(200, {{"Content-Type", "text/plain"}});
    exchange.write("one");
    const std::array<std::string_view, 2> pieces{"two", "three"};
    exchange.write(pieces);
    exchange.write("");
    if (exchange.head().path == "/cut") throw Error(ErrorKind::kUser, "sandbox.not_found", "too late");
    if (exchange.head().path == "/end") exchange.end();
  });
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunks = "3\r\none\r\n8\r\ntwothree\r\n";
  const TestPeer ended = server.connect();
  EXPECT_EQ(ended.ask("GET /end HTTP/1.1\r\nHost: x\r\n\r\n", "0\r\n\r\n"), head + chunks + "0\r\n\r\n");
  EXPECT_EQ(server.connect().ask("GET /cut HTTP/1.1\r\nHost: x\r\n\r\n", "<never>").find("0\r\n\r\n"),
            std::string::npos);
  EXPECT_EQ(server.connect().ask("GET /open HTTP/1.1\r\nHost: x\r\n\r\n", "<never>").find("0\r\n\r\n"),
            std::string::npos);
  const TestPeer old = server.connect();
  EXPECT_EQ(old.ask("GET /end HTTP/1.0\r\n\r\n", "<never>"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nonetwothree<closed>");
}

TEST(HttpServer, Sends_a_part_of_a_file) {
  const TestFolder folder;
  const fs::path path = folder.write("f", "0123456789");
  TestServer server([&](HttpExchange& exchange) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    exchange.begin(206, {}, 4);
    exchange.write_file(file.descriptor(), 3, 4);
    exchange.end();
  });
  EXPECT_EQ(server.connect().ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "3456"),
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n3456");
}

TEST(HttpServer, Turns_errors_into_answers) {
  TestServer server([](HttpExchange& exchange) {
    if (exchange.head().path == "/none") return;
    if (exchange.head().path == "/foreign") throw std::runtime_error("odd");
    exchange.whole_body(3);
  });
  const TestPeer peer = server.connect();
  EXPECT_TRUE(peer.ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n", "}").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(peer.ask("GET /foreign HTTP/1.1\r\nHost: x\r\n\r\n", "}").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(peer.ask("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", "}")
                  .ends_with("{\"code\":413,\"message\":\"a body of more than 3 bytes\"}"));
  EXPECT_TRUE(
      server.connect()
          .ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "<never>")
          .ends_with(
              "{\"code\":400,\"message\":\"not a chunked body: a chunk has no proper size\"}<closed>"));
  EXPECT_EQ(
      server.connect().ask("BAD\r\n\r\n", "<never>"),
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 86\r\nConnection: close\r\nContent-Type: application/json"
      "\r\n\r\n{\"code\":400,\"message\":\"not a request: its first line is not 'METHOD TARGET HTTP/1.1'\"}"
      "<closed>");
}

TEST(HttpServer, Loses_patience_with_slow_peers) {
  HttpServerLimits limits;
  limits.idle = limits.head = limits.silence = milliseconds(60);
  std::atomic<int> cut{0};
  TestServer server(
      [&](HttpExchange& exchange) {
        try {
          if (exchange.head().path == "/body") exchange.whole_body(100);
          exchange.begin(200, {});
          const std::string piece(1 << 20, 'p');
          for (int count = 0; count < 100; ++count) exchange.write(piece);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), "connection.timeout");
          ++cut;
          throw;
        }
      },
      limits);
  EXPECT_EQ(server.connect().receive_all(), "<closed>");
  EXPECT_EQ(server.connect().ask("GET / HT", "<never>"), "<closed>");
  EXPECT_EQ(server.connect().ask("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "<never>"),
            "<closed>");
  EXPECT_EQ(cut, 1);
  const TestPeer never_reads = server.connect();
  never_reads.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int count = 0; count < 500 && cut < 2; ++count) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(cut, 2);
}

TEST(HttpServer, Has_a_most_of_connections) {
  HttpServerLimits limits;
  limits.connections = 2;
  TestServer server(echo, limits);
  TestPeer first = server.connect();
  const TestPeer second = server.connect();
  EXPECT_TRUE(first.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "/:").ends_with("/:"));
  EXPECT_TRUE(second.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "/:").ends_with("/:"));
  EXPECT_TRUE(server.connect().receive_until("}").starts_with("HTTP/1.1 503 "));
  first.close();
  for (int count = 0; count < 500 && server.server().connection_count() > 1; ++count)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(server.connect().ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "/:").ends_with("/:"));
}

TEST(HttpServer, Stops_at_once_whatever_its_handlers_wait_for) {
  std::atomic<int> waiting{0}, abandoned{0};
  TestServer server([&](HttpExchange& exchange) {
    ++waiting;
    if (exchange.head().path == "/hook") {
      wait_for(milliseconds(60'000), exchange.stopping());
      abandoned += exchange.is_abandoned() ? 1 : 0;
      return exchange.answer(200, "", "");
    }
    exchange.whole_body(1000);
  });
  const TestPeer idle = server.connect(), hook = server.connect(), body = server.connect();
  hook.send("GET /hook HTTP/1.1\r\nHost: x\r\n\r\n");
  body.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
  for (int count = 0; count < 500 && waiting < 2; ++count) std::this_thread::sleep_for(milliseconds(10));
  ASSERT_EQ(waiting, 2);
  const auto begun = std::chrono::steady_clock::now();
  server.server().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_EQ(abandoned, 1);
  EXPECT_EQ(server.server().connection_count(), 0U);
  EXPECT_FALSE(server.connect().is_connected());
}

TEST(HttpServer, Sees_that_its_peer_has_gone) {
  std::atomic<bool> is_waiting{false}, is_seen{false};
  TestServer server([&](HttpExchange& exchange) {
    is_waiting = true;
    while (!exchange.is_abandoned()) std::this_thread::sleep_for(milliseconds(2));
    is_seen = true;
  });
  TestPeer peer = server.connect();
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!is_waiting) std::this_thread::sleep_for(milliseconds(2));
  EXPECT_FALSE(is_seen);
  peer.close();
  for (int count = 0; count < 500 && !is_seen; ++count) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(is_seen);
}

TEST(HttpServer, Listens_where_only_its_owner_may_connect) {
  const TestFolder folder;
  const fs::path path = folder.path() / "s";
  const Descriptor listening = listen_at(path);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_TRUE(error_of([&] { listen_at(path); }).starts_with("sandbox.cannot_listen: cannot listen at '"));
  EXPECT_TRUE(error_of([&] {
                listen_at(folder.path() / std::string(200, 'x'));
              }).starts_with("sandbox.cannot_listen: the path of a socket is too long"));
}

}  // namespace
}  // namespace osiris::sandbox
