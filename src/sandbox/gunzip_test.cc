#include "sandbox/gunzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris::sandbox {
namespace {

std::string gzipped(std::string_view text) {
  z_stream deflater{};
  constexpr int kGzip = 16 + MAX_WBITS, kMemory = 8;
  deflateInit2(&deflater, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&deflater, text.size()), '\0');
  deflater.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  deflater.avail_in = static_cast<uInt>(text.size());
  deflater.next_out = reinterpret_cast<Bytef*>(out.data());
  deflater.avail_out = static_cast<uInt>(out.size());
  deflate(&deflater, Z_FINISH);
  out.resize(deflater.total_out);
  deflateEnd(&deflater);
  return out;
}

std::string gunzipped(std::string_view bytes, std::size_t step) {
  Gunzip gunzip([&] {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    return piece;
  });
  std::string text;
  for (std::string_view piece = gunzip.read(); !piece.empty(); piece = gunzip.read()) text += piece;
  return text;
}

TEST(Gunzip, Uncompresses_members_however_they_come) {
  const std::string large(1 << 20, 'x');
  const std::string bytes = gzipped("one ") + gzipped("") + gzipped(large);
  for (const std::size_t step : {1U, 7U, 1000U, 1000000U}) EXPECT_EQ(gunzipped(bytes, step), "one " + large);
  EXPECT_EQ(gunzipped("", 1), "");
}

TEST(Gunzip, Refuses_what_is_cut_or_no_gzip) {
  const std::string whole = gzipped("some text that is long enough to be cut");
  const std::string refused = "http.bad_request: error decompressing request body: ";
  EXPECT_EQ(error_of([&] { gunzipped(std::string_view(whole).substr(0, whole.size() - 1), 5); }),
            refused + "it ends too early");
  EXPECT_EQ(error_of([] { gunzipped("plain text", 5); }), refused + "it is no gzip");
  EXPECT_EQ(error_of([&] { gunzipped(whole + "more", 5); }), refused + "it is no gzip");
  std::string damaged = whole;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
  EXPECT_EQ(error_of([&] { gunzipped(damaged, 5); }), refused + "it is no gzip");
}

}  // namespace
}  // namespace osiris::sandbox
