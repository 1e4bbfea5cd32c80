#include "sandbox/gunzip.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "format/compression.h"

namespace osiris::sandbox {
namespace {

std::string gzipped(std::string_view text) {
  const auto compressor = make_compressor(Compression::kGzip);
  std::string bytes(compressor->write(text));
  return bytes.append(compressor->finish());
}

std::string text_of_body(std::string_view bytes, std::size_t step) {
  const PieceSource pieces = gunzipped([&] {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    return piece;
  });
  std::string text;
  for (std::string_view piece = pieces(); !piece.empty(); piece = pieces()) text += piece;
  return text;
}

TEST(Gunzip, Uncompresses_members_however_they_come) {
  const std::string large(1 << 20, 'x');
  const std::string bytes = gzipped("one ") + gzipped("") + gzipped(large);
  for (const std::size_t step : {1U, 7U, 1000U, 1000000U})
    EXPECT_EQ(text_of_body(bytes, step), "one " + large);
  EXPECT_EQ(text_of_body("", 1), "");
}

TEST(Gunzip, Refuses_what_is_cut_or_no_gzip) {
  const std::string whole = gzipped("some text that is long enough to be cut");
  const std::string refused = "http.bad_request: error decompressing request body: ";
  EXPECT_EQ(error_of([&] { text_of_body(std::string_view(whole).substr(0, whole.size() - 1), 5); }),
            refused + "it ends in the middle of its data");
  EXPECT_EQ(error_of([] { text_of_body("plain text", 5); }), refused + "incorrect header check");
  EXPECT_EQ(error_of([&] { text_of_body(whole + "more", 5); }), refused + "incorrect header check");
  std::string damaged = whole;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  EXPECT_EQ(error_of([&] { text_of_body(damaged, 5); }), refused + "incorrect data check");
}

}  // namespace
}  // namespace osiris::sandbox
