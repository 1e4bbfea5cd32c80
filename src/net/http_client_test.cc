#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test_error.h"
#include "base/text.h"
#include "net/retry.h"

namespace osiris {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

/// Answers each connection with the next of its texts, then closes it; an empty text is silence until the
/// end. A form feed parts the answers of one connection, of which the last may be none.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers)
      : answers_(std::move(answers)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;
  ~CannedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string url(const std::string& path = "/") const { return cat("http://127.0.0.1:", port_, path); }
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  void serve() {
    for (const std::string& answer : answers_) {
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      for (const std::string& part : split(answer, '\f')) {
        requests_.push_back(read_request(client));
        if (answer.empty()) {
          std::array<char, 1> byte;
          read(client, byte.data(), byte.size());  // until the other side has had enough
        }
        [[maybe_unused]] const auto sent = send(client, part.data(), part.size(), MSG_NOSIGNAL);
      }
      close(client);
    }
  }

  static std::string read_request(int client) {
    std::string request;
    std::array<char, 4096> piece;
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = read(client, piece.data(), piece.size());
      if (count <= 0) break;
      request.append(piece.data(), static_cast<std::size_t>(count));
    }
    return request;
  }

  std::vector<std::string> answers_, requests_;
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

std::string answer(int status, const std::string& headers = "", const std::string& body = "") {
  return cat("HTTP/1.1 ", status, " Text\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n",
             headers, "\r\n", body);
}

class HttpClientTest : public testing::Test {
 protected:
  HttpClient client(HttpLimits limits = {}) { return {limits, cancellation}; }
  Cancellation cancellation;
};

TEST_F(HttpClientTest, Sends_headers_and_gives_status_headers_and_body) {
  CannedServer server({answer(206, "Content-Range: 0-1/*\r\n", "[1,2]")});
  const HttpResponse response = client().send(
      {"GET", server.url("/t?a=b"), {{"Accept", "application/json"}}, {{"apikey", Secret("k3y")}}});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.header("content-range"), "0-1/*");
  EXPECT_EQ(response.body, "[1,2]");
  EXPECT_THAT(server.requests().at(0), StartsWith("GET /t?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\napikey: k3y\r\n"));
}

TEST_F(HttpClientTest, Tells_failures_apart_and_keeps_the_query_to_itself) {
  HttpLimits impatient;
  impatient.silence = milliseconds(1000);
  CannedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ""});
  EXPECT_THAT(error_of([&] {
                client().send({"GET", server.url("/?key=v")});
              }),
              testing::MatchesRegex("connection.lost: the connection broke .*: 'http://127.0.0.1:[0-9]+'"));
  EXPECT_THAT(error_of([&] {
                client(impatient).send({"GET", server.url()});
              }),
              StartsWith("connection.timeout"));
  EXPECT_THAT(error_of([&] {
                client().send({"GET", "http://127.0.0.1:1/"});
              }),
              StartsWith("connection.refused"));
  EXPECT_THAT(error_of([&] {
                client().send({"GET", "http://nowhere.invalid/"});
              }),
              StartsWith("connection.unknown_host"));
  EXPECT_THAT(error_of([&] { client().send({"GET", "ftp://host/"}); }), StartsWith("http.invalid_url"));
}

TEST_F(HttpClientTest, Sends_no_body_twice_where_a_used_connection_breaks) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  // One connection more than is used: the one over which the library would send the body again.
  const CannedServer server({answer + "\f", answer, answer});
  HttpClient client({}, cancellation);
  client.send({"POST", server.url(), {}, {}, "first"});
  EXPECT_THAT(error_of([&] {
                client.send({"POST", server.url(), {}, {}, "second"});
              }),
              StartsWith("connection.lost"));
  EXPECT_EQ(client.send({"POST", server.url(), {}, {}, "third"}).status, 200);
  EXPECT_EQ(
      std::ranges::count_if(server.requests(), [](const auto& text) { return text.starts_with("POST"); }), 3);
}

TEST_F(HttpClientTest, Takes_no_more_than_it_is_to) {
  HttpLimits small;
  small.body_bytes = 4;
  CannedServer server({answer(200, "", "12345")});
  EXPECT_THAT(error_of([&] { client(small).send({"GET", server.url()}); }), StartsWith("http.too_large"));
}

TEST_F(HttpClientTest, Ends_when_it_is_cancelled) {
  CannedServer server({""});
  std::thread other([this] {
    std::this_thread::sleep_for(milliseconds(100));
    cancellation.cancel();
  });
  EXPECT_THAT(error_of([&] { client().send({"GET", server.url()}); }), StartsWith("run.cancelled"));
  other.join();
}

class RetryTest : public HttpClientTest {
 protected:
  int status_of(const CannedServer& server, bool is_repeatable) {
    HttpClient sender = client();
    return send_with_retries(sender, {"POST", server.url()}, {3, milliseconds(1)}, is_repeatable,
                             cancellation)
        .status;
  }
};

TEST_F(RetryTest, Sends_again_what_the_server_did_not_take) {
  EXPECT_EQ(status_of(CannedServer({answer(429), answer(503), answer(201)}), false), 201);
  EXPECT_EQ(status_of(CannedServer({answer(429), answer(429), answer(429)}), false), 429);
  EXPECT_EQ(status_of(CannedServer({answer(409)}), true), 409);
}

TEST_F(RetryTest, Repeats_what_may_have_had_its_effect_only_where_that_does_no_harm) {
  EXPECT_EQ(status_of(CannedServer({answer(504)}), false), 504);
  EXPECT_EQ(status_of(CannedServer({answer(504), answer(201)}), true), 201);
  const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  EXPECT_EQ(status_of(CannedServer({cut, answer(201)}), true), 201);
  EXPECT_THAT(error_of([&] {
                status_of(CannedServer({cut, answer(201)}), false);
              }),
              StartsWith("connection.lost"));
}

TEST_F(RetryTest, Sends_again_what_the_policy_knows_to_be_undone) {
  HttpClient sender = client();
  ResendPolicy policy{3, milliseconds(1)};
  policy.is_undone = [](const HttpResponse& response) { return response.body == "deadlock"; };
  CannedServer server({answer(500, "", "deadlock"), answer(500, "", "other"), answer(201)});
  EXPECT_EQ(send_with_retries(sender, {"POST", server.url()}, policy, false, cancellation).body, "other");
}

TEST_F(RetryTest, Reads_how_long_the_server_asks_to_wait) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);  // the example of RFC 9110
  const auto asked = [&](const std::string& value) {
    HttpResponse response;
    response.headers["retry-after"] = value;
    return retry_after(response, now);
  };
  EXPECT_EQ(asked("120"), milliseconds(120'000));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:47 GMT"), milliseconds(10'000));
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:27 GMT"), milliseconds(0));
  EXPECT_EQ(asked("soon"), std::nullopt);
}

TEST_F(RetryTest, Does_not_wait_longer_than_it_has_patience) {
  EXPECT_EQ(status_of(CannedServer({answer(429, "Retry-After: 3600\r\n"), answer(201)}), false), 429);
}

TEST(UrlEncoded, Leaves_nothing_that_a_server_could_take_for_syntax) {
  EXPECT_EQ(url_encoded("a-b.c_d~9"), "a-b.c_d~9");
  EXPECT_EQ(url_encoded("a b&c=d/é,(\"x\")"), "a%20b%26c%3Dd%2F%C3%A9%2C%28%22x%22%29");
}

}  // namespace
}  // namespace osiris
