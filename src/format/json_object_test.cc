#include "format/json_object.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "format/text_lines.h"

namespace osiris {
namespace {

/// Members as "key=text", or the problem.
std::string told(std::string_view text) {
  JsonObject object;
  std::string all(object.read(text));
  for (const JsonMember& member : object.members()) {
    all += std::string(member.key) + "=" + std::string(member.text) + ";";
  }
  return all;
}

TEST(JsonObject, reads_members_without_loss) {
  EXPECT_EQ(told(" { } "), "");
  EXPECT_EQ(told("{\"a\":12345678901234567890.10,\"b\" : \"x\\\"\\u0041\" , \"c\":[1, {\"d\":null}]}"),
            "a=12345678901234567890.10;b=x\"A;c=[1, {\"d\":null}];");
  EXPECT_EQ(told("{\"\\u00e9\":true}"), "é=true;");
}

TEST(JsonObject, says_why_a_text_is_none) {
  EXPECT_EQ(told(""), "it is not the JSON of an object");
  EXPECT_EQ(told("[]"), "it is not the JSON of an object");
  EXPECT_EQ(told("{} x"), "text after the end of the object");
  EXPECT_EQ(told("{\"a\":\"\xFF\"}"), "the bytes are not UTF-8");
  EXPECT_EQ(told("{\"a\":\"\\ud800\"}"), "half a surrogate pair");
  EXPECT_EQ(told("{\"a\":1,\"\\u0061\":2}").substr(0, 17), "a key comes twice");
  std::string many = "{\"k0\":1";
  for (int key = 1; key < 40; ++key) many += ",\"k" + std::to_string(key) + "\":1";
  EXPECT_EQ(told(many + ",\"k7\":1}").substr(0, 17), "a key comes twice");
  EXPECT_EQ(told(many + "}").substr(0, 5), "k0=1;");
}

/// Lines as "line@offset text".
std::string lines_of(std::string_view text, std::size_t block_bytes, std::size_t max_line_bytes = 1000) {
  TextLines lines(
      [&](char* buffer, std::size_t size) {
        const std::size_t count = text.copy(buffer, size);
        text.remove_prefix(count);
        return count;
      },
      max_line_bytes, block_bytes);
  std::string all;
  while (const auto line = lines.next()) {
    all += std::to_string(line->line) + "@" + std::to_string(line->byte_offset) + " " +
           std::string(line->text) + "|";
  }
  return all;
}

TEST(TextLines, splits_text_whatever_the_blocks) {
  for (std::size_t block_bytes = 1; block_bytes < 12; ++block_bytes) {
    EXPECT_EQ(lines_of("\xEF\xBB\xBF"
                       "ab\n\nlonger line\nx",
                       block_bytes),
              "1@3 ab|2@6 |3@7 longer line|4@19 x|");
    EXPECT_EQ(lines_of("", block_bytes), "");
    EXPECT_EQ(lines_of("\n", block_bytes), "1@0 |");
  }
}

TEST(TextLines, gives_up_a_line_that_is_too_long) {
  EXPECT_THROW(lines_of("a\n" + std::string(100, 'x'), 8, 50), Error);
}

}  // namespace
}  // namespace osiris
