#include "sandbox/http_head.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris::sandbox {
namespace {

std::string refusal_of_head(std::string_view text) {
  return error_of([&] { parse_http_head(text); });
}

TEST(HttpHead, Reads_a_request) {
  const HttpHead head = parse_http_head(
      "POST /a%20b/c?path=%2Fhome%2Fx+y&empty&username=&path=2 HTTP/1.1\r\nHost: localhost\r\nX-One:  1 \r\n"
      "x-one: 2\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a%20b/c?path=%2Fhome%2Fx+y&empty&username=&path=2");
  EXPECT_EQ(head.path, "/a b/c");
  EXPECT_EQ(head.parameter("path"), "/home/x y");
  EXPECT_EQ(head.parameter("empty"), "");
  EXPECT_EQ(head.parameter("username"), "");
  EXPECT_FALSE(head.parameter("other"));
  EXPECT_EQ(head.header("x-one"), "1, 2");
  EXPECT_EQ(head.header("x-two"), "");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.has_body());
  EXPECT_TRUE(head.keeps_alive);
  EXPECT_FALSE(head.expects_continue);
}

TEST(HttpHead, Says_how_the_connection_goes_on) {
  EXPECT_FALSE(parse_http_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").keeps_alive);
  EXPECT_FALSE(parse_http_head("GET / HTTP/1.0\r\n\r\n").keeps_alive);
  EXPECT_TRUE(parse_http_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keeps_alive);
  const HttpHead waits = parse_http_head(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_TRUE(waits.is_chunked);
  EXPECT_TRUE(waits.expects_continue);
}

TEST(HttpHead, Refuses_what_two_servers_could_read_in_two_ways) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const char* headers : {
           "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
           "Content-Length: 1, 1\r\n\r\n",
           "Content-Length: +1\r\n\r\n",
           "Content-Length: -1\r\n\r\n",
           "Content-Length: 0x1\r\n\r\n",
           "Content-Length: \r\n\r\n",
           "Content-Length: 9223372036854775808\r\n\r\n",
           "Transfer-Encoding: gzip, chunked\r\n\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           "Transfer-Encoding: \x0b"
           "chunked\r\n\r\n",
           "A: b\r\n c\r\n\r\n",
           "A : b\r\n\r\n",
           ": b\r\n\r\n",
           "A\r\n\r\n",
           "A: b\x01\r\n\r\n",
           "A: b\nC: d\r\n\r\n",
           "A: b\rC: d\r\n\r\n",
           "Host: b\r\n\r\n",
           "Expect: 200\r\n\r\n",
       }) {
    EXPECT_TRUE(refusal_of_head(start + headers).starts_with("http.bad_request: not a request: ")) << headers;
  }
  const std::string zero = std::string("GET / HTTP/1.1\r\nHost: a") + '\0' + "\r\n\r\n";
  EXPECT_EQ(refusal_of_head(zero), "http.bad_request: not a request: a zero byte");
}

TEST(HttpHead, Refuses_a_first_line_that_is_none) {
  for (const char* line : {"", "GET", "GET /", "GET / HTTP/2.0", "GET / http/1.1", "GET  HTTP/1.1",
                           "G@T / HTTP/1.1", "GET /a b HTTP/1.1", "GET http://a/ HTTP/1.1", "GET * HTTP/1.1",
                           "GET /\x7f HTTP/1.1", "GET /%zz HTTP/1.1", "GET /%4 HTTP/1.1", "GET /%00 HTTP/1.1",
                           "GET /?a=%0 HTTP/1.1", "GET /\xc3\xa9 HTTP/1.1", " GET / HTTP/1.1"}) {
    EXPECT_TRUE(refusal_of_head(cat(line, "\r\nHost: a\r\n\r\n")).starts_with("http.bad_request: ")) << line;
  }
  EXPECT_EQ(refusal_of_head("GET / HTTP/1.1\r\n\r\n"), "http.bad_request: not a request: no host");
}

TEST(HttpHead, Has_limits) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t count = 1; count < kMostHeaders; ++count) many += cat("H", count, ": 1\r\n");
  EXPECT_EQ(refusal_of_head(many + "\r\n"), "no error");
  EXPECT_EQ(refusal_of_head(many + "One: 1\r\n\r\n"), "http.bad_request: not a request: too many headers");
  const std::string text = "GET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(head_size(text + "body"), text.size());
  EXPECT_EQ(head_size(text.substr(0, text.size() - 1)), std::nullopt);
  EXPECT_EQ(error_of([] { head_size(std::string(kMostHeadBytes, 'a')); }),
            "http.bad_request: not a request: its head is too long");
}

}  // namespace
}  // namespace osiris::sandbox
