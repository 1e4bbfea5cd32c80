#include "net/connect_frames.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris {
namespace {

using namespace std::string_literals;

/// What a decoder makes of bytes that come `step` at a time.
std::string frames_of(std::string_view bytes, std::size_t step, std::size_t most = 100) {
  ConnectFrameDecoder decoder(most);
  std::string text;
  while (!bytes.empty()) {
    decoder.feed(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (const auto frame = decoder.next()) text += cat(frame->is_end ? "end:" : "", frame->payload, "|");
  }
  return text + (decoder.is_between_frames() ? "" : "...");
}

TEST(ConnectFrames, Are_written_as_the_protocol_says) {
  EXPECT_EQ(connect_frame(R"({"event":{"start":{"pid":29021}}})"),
            "\0\0\0\0\x21{\"event\":{\"start\":{\"pid\":29021}}}"s);
  EXPECT_EQ(connect_output_frame("stdout", "out\n"),
            "\0\0\0\0\x28{\"event\":{\"data\":{\"stdout\":\"b3V0Cg==\"}}}"s);
  EXPECT_EQ(connect_end_frame(), "\2\0\0\0\2{}"s);
  EXPECT_EQ(connect_end_frame("not_found", "process with pid 31775 not found").substr(5),
            R"({"error":{"code":"not_found","message":"process with pid 31775 not found"}})");
  EXPECT_EQ(connect_frame(std::string(70000, 'x')).substr(0, 5), "\0\0\x01\x11\x70"s);
}

TEST(ConnectFrames, Are_read_however_they_come) {
  const std::string bytes =
      connect_frame("one") + connect_frame("") + connect_frame("three") + connect_end_frame();
  for (const std::size_t step : {1U, 2U, 5U, 7U, 1000U}) {
    EXPECT_EQ(frames_of(bytes, step), "one||three|end:{}|");
    EXPECT_EQ(frames_of(std::string_view(bytes).substr(0, bytes.size() - 1), step), "one||three|...");
    EXPECT_EQ(frames_of(std::string_view(bytes).substr(0, 3), step), "...");
  }
}

TEST(ConnectFrames, Are_refused_where_they_are_none) {
  EXPECT_EQ(error_of([] { frames_of("\1\0\0\0\2{}"s, 1); }),
            "http.bad_request: not a message of a stream: it is compressed, which was not agreed on");
  EXPECT_EQ(error_of([] { frames_of("GET / HTTP/1.1", 1); }),
            "http.bad_request: not a message of a stream: it is compressed, which was not agreed on");
  EXPECT_EQ(error_of([] { frames_of("\4\0\0\0\2{}"s, 1); }),
            "http.bad_request: not a message of a stream: its flags are unknown");
  EXPECT_EQ(error_of([] { frames_of(connect_end_frame() + connect_frame("x"), 1); }),
            "http.bad_request: not a message of a stream: it comes after the last one");
  EXPECT_EQ(error_of([] { frames_of("\0\xff\xff\xff\xff"s, 5); }),
            "http.too_large: a message of 4294967295 bytes, more than 100");
  EXPECT_EQ(error_of([] { frames_of(connect_frame(std::string(101, 'x')), 5); }),
            "http.too_large: a message of 101 bytes, more than 100");
  EXPECT_EQ(frames_of(connect_frame(std::string(100, 'x')), 5), std::string(100, 'x') + "|");
}

TEST(ConnectFrames, Know_the_status_of_an_error) {
  EXPECT_EQ(connect_status("not_found"), 404);
  EXPECT_EQ(connect_status("resource_exhausted"), 429);
  EXPECT_EQ(connect_status("internal"), 500);
}

}  // namespace
}  // namespace osiris
