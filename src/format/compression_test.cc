#include "format/compression.h"

#include <gmock/gmock.h>

#include "base/test_error.h"
#include "base/text.h"

namespace osiris {
namespace {

/// A text as a source that gives it in pieces.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 1000) : text_(std::move(text)), piece_(piece) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = text_.copy(buffer, std::min(size, piece_), at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_, at_ = 0;
};

std::string read_all(ByteSource& source, std::size_t size = 777) {
  std::string all, buffer(size, '\0');
  while (const std::size_t count = source.read(buffer.data(), size)) all += buffer.substr(0, count);
  return all;
}

std::string compressed(Compression compression, const std::string& text, Effort effort = Effort::kUsual) {
  const auto compressor = make_compressor(compression, effort);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 100'000)
    out += compressor->write(text.substr(at, 100'000));
  return out + std::string(compressor->finish());
}

std::string text_again(Compression compression, const std::string& bytes, std::size_t piece = 1000) {
  const auto source = decompressed(
      std::make_unique<TextSource>(bytes, piece), compression,
      [](std::string_view why) { return Error(ErrorKind::kData, "test.damaged", std::string(why)); });
  return read_all(*source);
}

struct AnyCompression : testing::TestWithParam<Compression> {
  const std::string text = [] {
    std::string rows;
    for (int row = 0; row < 100'000; ++row) rows += cat(row * 7919, ",name\n");
    return rows;
  }();
};

INSTANTIATE_TEST_SUITE_P(Compression, AnyCompression,
                         testing::Values(Compression::kGzip, Compression::kZstd));

TEST_P(AnyCompression, gives_back_what_was_compressed) {
  EXPECT_EQ(text_again(GetParam(), compressed(GetParam(), text)), text);
  EXPECT_EQ(text_again(GetParam(), compressed(GetParam(), "")), "");
  EXPECT_EQ(text_again(GetParam(), ""), "") << "an empty file has no member and no text";
}

TEST_P(AnyCompression, is_smaller_with_more_effort) {
  std::string lines;
  for (std::size_t row = 0; row < 100'000; ++row)
    lines += cat("name ", row * row % 1009, " of ", row * row * row % 97, "\n");
  const std::string small = compressed(GetParam(), lines, Effort::kHigh);
  EXPECT_EQ(text_again(GetParam(), small), lines);
  EXPECT_LT(small.size(), compressed(GetParam(), lines).size());
}

TEST_P(AnyCompression, reads_on_after_the_end_of_a_member) {
  const std::string members =
      compressed(GetParam(), text) + compressed(GetParam(), "") + compressed(GetParam(), "more");
  for (const std::size_t piece : {1U, 7U, 1000U, 1'000'000U})
    EXPECT_EQ(text_again(GetParam(), members, piece), text + "more") << piece;
}

TEST_P(AnyCompression, refuses_data_that_are_cut_off_anywhere) {
  const std::string whole = compressed(GetParam(), text.substr(0, 5000));
  for (std::size_t size = 1; size < whole.size(); size += 1 + whole.size() / 200) {
    ASSERT_EQ(error_of([&] { text_again(GetParam(), whole.substr(0, size)); }),
              "test.damaged: it ends in the middle of its data")
        << size;
  }
}

TEST_P(AnyCompression, refuses_data_with_a_wrong_byte) {
  std::string bytes = compressed(GetParam(), text);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  EXPECT_THAT(error_of([&] { text_again(GetParam(), bytes); }), testing::StartsWith("test.damaged: "));
  EXPECT_THAT(error_of([&] { text_again(GetParam(), "id,name\n1,x\n"); }),
              testing::StartsWith("test.damaged: "));
}

TEST(Gzip, passes_over_the_zeros_of_a_tape) {
  EXPECT_EQ(text_again(Compression::kGzip, compressed(Compression::kGzip, "x") + std::string(512, '\0')),
            "x");
}

TEST(Compression, goes_by_the_name_unless_it_is_told) {
  EXPECT_EQ(compression_of("by_name", "in/a.csv.gz"), Compression::kGzip);
  EXPECT_EQ(compression_of("by_name", "in/a.csv.zst"), Compression::kZstd);
  EXPECT_EQ(compression_of("by_name", "in/a.csv"), Compression::kNone);
  EXPECT_EQ(compression_of("none", "in/a.gz"), Compression::kNone);
}

}  // namespace
}  // namespace osiris
