#include "sandbox/http_body.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris::sandbox {
namespace {

/// What a chunked body says when its bytes come `step` at a time, and "|" with what is left after it.
std::string decoded(std::string_view bytes, std::size_t step) {
  HttpBodyDecoder decoder = HttpBodyDecoder::of_chunks();
  std::string content;
  while (!bytes.empty() && !decoder.is_complete()) {
    std::string_view part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    for (;;) {
      const std::string_view piece = decoder.next(part);
      if (piece.empty()) break;
      content += piece;
    }
    bytes = std::string_view(bytes.data() - part.size(), bytes.size() + part.size());
  }
  return cat(content, decoder.is_complete() ? "|" : "...", bytes);
}

TEST(HttpBodyDecoder, Takes_chunks_apart_however_they_come) {
  for (const std::size_t step : {1U, 2U, 3U, 7U, 100U}) {
    EXPECT_EQ(decoded("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nGET", step), "abc0123456789|GET");
    EXPECT_EQ(decoded("0\r\nTrailer: 1\r\n\r\n", step), "|");
    EXPECT_EQ(decoded("3\r\nab", step), "ab...");
  }
}

TEST(HttpBodyDecoder, Refuses_chunks_that_are_none) {
  for (const char* bytes : {"g\r\n", "\r\n", "-1\r\n", "3 \r\nabc\r\n", "0x3\r\nabc\r\n", "3\nabc",
                            "3\r\nabcd\r\n", "1000000000000000\r\n", "fffffffffffffffff\r\n"}) {
    EXPECT_TRUE(error_of([&] { decoded(bytes, 100); }).starts_with("http.bad_request: not a chunked body: "))
        << bytes;
  }
  EXPECT_EQ(error_of([] { decoded("3;" + std::string(5000, 'x'), 10); }),
            "http.bad_request: not a chunked body: a line is too long");
  std::string trailers = "0\r\n";
  for (int count = 0; count < 20; ++count) trailers += std::string(1000, 't') + "\r\n";
  EXPECT_EQ(error_of([&] { decoded(trailers, 10); }),
            "http.bad_request: not a chunked body: its trailers are too long");
}

TEST(HttpBodyDecoder, Counts_a_length) {
  HttpBodyDecoder decoder = HttpBodyDecoder::of_length(5);
  std::string_view bytes = "abc";
  EXPECT_EQ(decoder.next(bytes), "abc");
  EXPECT_FALSE(decoder.is_complete());
  bytes = "defg";
  EXPECT_EQ(decoder.next(bytes), "de");
  EXPECT_TRUE(decoder.is_complete());
  EXPECT_EQ(bytes, "fg");
  EXPECT_TRUE(HttpBodyDecoder::of_length(0).is_complete());
}

}  // namespace
}  // namespace osiris::sandbox
