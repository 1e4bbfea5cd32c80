#include "sandbox/relay.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "sandbox/http_server.h"
#include "sandbox/test_peer.h"

namespace osiris::sandbox {

namespace {

/// A server that relays every request to an agent that is a function: it gets what comes until `last` is in
/// it, answers with its text and closes.
class RelayTest : public testing::Test {
 protected:
  std::string ask(const std::string& request, const std::string& last, const std::string& answer,
                  const RelayCut& cut = {}) {
    Descriptor listening = listen_on_loopback(0);
    const std::uint16_t port = port_of(listening);
    HttpServer relaying(std::move(listening), [&](HttpExchange& exchange) {
      std::array<int, 2> ends{};
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
      const Descriptor ours(ends[0]);
      std::jthread agent(
          [this, last, answer, theirs = ends[1]] { play_agent(Descriptor(theirs), last, answer); });
      if (!relay(exchange, ours.descriptor(), cut)) exchange.answer_json(502, "{}");
    });
    const TestPeer peer(port);
    peer.send(request);
    std::string text = peer.receive_all();
    // A connection that is cut ends in one way or the other, as its last packets meet.
    if (text.ends_with("<cut>")) text.replace(text.size() - 5, 5, "<closed>");
    return text;
  }

  void play_agent(const Descriptor& socket, const std::string& last, const std::string& answer) {
    received_.clear();
    std::array<char, 65536> buffer{};
    while (received_.find(last) == std::string::npos) {
      const ssize_t count = ::recv(socket.descriptor(), buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::send(socket.descriptor(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  std::string received_;
};

constexpr const char* kHead = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

std::string body_of_answer(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST_F(RelayTest, Request_and_answer_pass_without_what_is_of_one_connection) {
  const std::string answer = ask(
      cat("POST /files?path=a%20b", kHead,
          "Content-Length: 4\r\nX-Access-Token: secret\r\nX-Api-Key: secret\r\nX-Metadata-A: "
          "kept\r\n\r\nbody"),
      "body",
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-B: c\r\nKeep-Alive: 1\r\nAccess-Control-Allow-Origin: "
      "*\r\n\r\nok");
  EXPECT_TRUE(received_.starts_with("POST /files?path=a%20b HTTP/1.1\r\n")) << received_;
  EXPECT_NE(received_.find("x-metadata-a: kept\r\n"), std::string::npos);
  EXPECT_NE(received_.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_EQ(received_.find("secret"), std::string::npos);
  EXPECT_EQ(answer,
            "HTTP/1.1 201 Created\r\nX-B: c\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok<closed>");
}

TEST_F(RelayTest, Chunks_pass_both_ways) {
  const std::string answer =
      ask(cat("POST /a", kHead, "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
          "0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n");
  EXPECT_EQ(body_of_answer(received_), "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(body_of_answer(answer), "3\r\nxyz\r\n0\r\n\r\n<closed>");
}

TEST_F(RelayTest, Large_body_passes_whole) {
  std::string body(5'000'000, 'x');
  for (std::size_t place = 0; place < body.size(); place += 997)
    body[place] = static_cast<char>('a' + place % 26);
  body += "<end>";
  const std::string answer =
      ask(cat("POST /a", kHead, "Content-Length: ", body.size(), "\r\n\r\n", body), "<end>",
          cat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  EXPECT_EQ(body_of_answer(received_), body);
  EXPECT_EQ(body_of_answer(answer), body + "<closed>");
}

TEST_F(RelayTest, Early_answer_ends_an_upload) {
  const std::string body(8'000'000, 'x');
  const std::string answer = ask(cat("POST /a", kHead, "Content-Length: ", body.size(), "\r\n\r\n", body),
                                 "x", "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 4\r\n\r\nfull");
  EXPECT_NE(answer.find("HTTP/1.1 507"), std::string::npos) << answer;
}

TEST_F(RelayTest, Broken_answer_stays_broken) {
  for (const char* half : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    const std::string answer = ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", half);
    EXPECT_NE(answer.find("half"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("0\r\n\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("<closed>")) << answer;
  }
}

TEST_F(RelayTest, No_answer_is_told) {
  for (const char* none : {"", "HTTP/1.1 200", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 99 OK\r\n\r\n"})
    EXPECT_TRUE(ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", none).starts_with("HTTP/1.1 502")) << none;
}

TEST_F(RelayTest, Answer_without_a_body_has_none) {
  const std::string head =
      ask(cat("HEAD /a", kHead, "\r\n"), "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 9\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n<closed>")) << head;
  EXPECT_TRUE(ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n")
                  .ends_with("\r\n\r\n<closed>"));
}

TEST_F(RelayTest, Cuts_are_where_they_are_asked_for) {
  const std::string frames("\0\0\0\0\3abc\0\0\0\0\2de\2\0\0\0\0", 20);
  const std::string answer = cat("HTTP/1.1 200 OK\r\nContent-Length: ", frames.size(), "\r\n\r\n", frames);
  RelayCut cut;
  cut.after_frames = 1;
  EXPECT_EQ(body_of_answer(ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", answer, cut)),
            frames.substr(0, 8) + "<closed>");
  cut.after_frames = 2;
  EXPECT_EQ(body_of_answer(ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", answer, cut)),
            frames.substr(0, 15) + "<closed>");
  cut.after_frames.reset();
  cut.after_bytes = 5;
  EXPECT_EQ(body_of_answer(ask(cat("GET /a", kHead, "\r\n"), "\r\n\r\n", answer, cut)),
            frames.substr(0, 5) + "<closed>");
}

}  // namespace

}  // namespace osiris::sandbox
