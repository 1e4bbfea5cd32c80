#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris {
namespace {

using testing::ElementsAre;

TEST(Text, Splits_and_joins_without_losing_empty_parts) {
  EXPECT_THAT(split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
  for (const std::string text : {"a,b,,c", "", ",", ",a", "a,", ",,"}) {
    EXPECT_EQ(join(split(text, ','), ","), text);
  }
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
}

TEST(Text, Trims_blanks_and_line_breaks_at_both_ends) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_TRUE(is_blank(" \t\n"));
  EXPECT_FALSE(is_blank(" x "));
}

TEST(Text, Lowers_ascii_letters_only) { EXPECT_EQ(to_lower("ÄBC xyz[@"), "Äbc xyz[@"); }

TEST(Text, Counts_edits_with_a_transposition_as_one) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("needs", "needs"), 0);
  EXPECT_EQ(edit_distance("nedes", "needs"), 1);
  EXPECT_EQ(edit_distance("quary", "query"), 1);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(Text, Suggests_what_a_typist_meant_and_lists_what_there_is_otherwise) {
  const std::vector<std::string> words{"component", "config", "needs"};
  EXPECT_EQ(suggestion("Cofnig", words), "did you mean 'config'?");
  EXPECT_EQ(suggestion("xyz", words), "known: component, config, needs");
  EXPECT_EQ(suggestion("xyz", std::vector<std::string>{}), "");
  EXPECT_EQ(closest(std::string(100'000, 'x'), words), std::nullopt) << "a long word is no typing error";
}

/// Every text is tried at each offset of a machine word, for the check reads eight bytes at a time.
std::vector<std::size_t> invalid_offsets(std::string_view bytes) {
  std::vector<std::size_t> offsets;
  for (std::size_t before = 0; before < 9; ++before) {
    const std::size_t found = find_invalid_utf8(std::string(before, 'a') + std::string(bytes) + "zzzzzzzzz");
    offsets.push_back(found == std::string::npos ? found : found - before);
  }
  return offsets;
}

TEST(Text, Accepts_every_length_of_utf8) {
  for (const std::string_view valid :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_THAT(invalid_offsets(valid), testing::Each(std::string::npos)) << to_hex(valid);
  }
  EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST(Text, Refuses_overlong_forms_surrogates_and_broken_sequences_at_their_first_byte) {
  for (const std::string_view invalid :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE1\x80",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_THAT(invalid_offsets(invalid), testing::Each(0U)) << to_hex(invalid);
  }
  EXPECT_EQ(find_invalid_utf8("ab\xE1\x80"), 2U) << "a sequence that the end cuts off";
}

TEST(Text, Counts_characters_and_not_bytes) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("aé€😀"), 4U);
}

TEST(Text, Writes_bytes_as_hex_and_base64) {
  EXPECT_EQ(to_hex(std::string_view("\x00\x0F\xFF", 3)), "000fff");
  // Source: RFC 4648, section 10.
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"},
                                                                 {"\xFB\xFF", "+/8="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("-_-_"), "\xFB\xFF\xBF");
  EXPECT_EQ(from_base64("Zm9v YmFy"), std::nullopt);
  EXPECT_EQ(from_base64("Zm9vY"), std::nullopt);
}

TEST(Text, Reads_whole_integers_only) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("+5"), 5);
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const std::string_view wrong :
       {"", "+", "-", "+-5", "--5", " 5", "5 ", "5.0", "0x5", "1e3", "9223372036854775808"}) {
    EXPECT_EQ(parse_integer(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, Reads_sizes_with_and_without_a_unit) {
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("10 kB"), 10'000U);
  EXPECT_EQ(parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size(" 1.5gib "), 1'610'612'736U);
  for (const std::string_view wrong : {"", "MiB", "-1", "64 MiBs", "nan", "inf", "nan MB", "1e30", "6 4"}) {
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, Reads_durations_with_a_unit_only) {
  EXPECT_EQ(parse_duration_ms("500ms"), 500);
  EXPECT_EQ(parse_duration_ms("1.5 s"), 1500);
  EXPECT_EQ(parse_duration_ms("2m"), 120'000);
  EXPECT_EQ(parse_duration_ms("1h"), 3'600'000);
  EXPECT_EQ(parse_duration_ms("7d"), 604'800'000);
  for (const std::string_view wrong : {"", "30", "s", "-1s", "nan s", "inf s", "1e30d", "5 years"}) {
    EXPECT_EQ(parse_duration_ms(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, Writes_numbers_for_people) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1'000), "1,000");
  EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(1234, "row"), "1,234 rows");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(std::uint64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(human_duration(25), "25 ms");
  EXPECT_EQ(human_duration(3'400), "3.4 s");
  EXPECT_EQ(human_duration(125'000), "2 min 5 s");
  EXPECT_EQ(human_duration(3'725'000), "1 h 2 min");
}

TEST(Text, Shortens_at_a_whole_character) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab…");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
  EXPECT_EQ(shortened("", 1), "");
}

}  // namespace
}  // namespace osiris
