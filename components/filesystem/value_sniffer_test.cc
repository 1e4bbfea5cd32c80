#include "filesystem/value_sniffer.h"

#include <gtest/gtest.h>

namespace osiris::filesystem {
namespace {

std::string type_of(const std::vector<std::string>& texts) {
  ValueSniffer sniffer;
  for (const std::string& text : texts) sniffer.add(text, true);
  return sniffer.type();
}

TEST(ValueSniffer, says_the_type_that_reads_every_text) {
  EXPECT_EQ(type_of({"1", "-20", "0"}), "bigint");
  EXPECT_EQ(type_of({"12345678901234567890"}), "decimal(38,0)");
  EXPECT_EQ(type_of({"1", "2.50", "-0.125"}), "decimal(18,3)");
  EXPECT_EQ(type_of({"1e5", "2.5"}), "double");
  EXPECT_EQ(type_of({"2026-03-01", "2026-12-31"}), "date");
  EXPECT_EQ(type_of({"1.3.2026", "31.12.2026"}), "date(%d.%m.%Y)");
  EXPECT_EQ(type_of({"2026-03-01 10:00:00", "2026-03-01T10:00:00.5"}), "timestamp");
  EXPECT_EQ(type_of({"2026-03-01T10:00:00Z", "2026-03-01T10:00:00+02:00"}), "timestamptz");
  EXPECT_EQ(type_of({"true", "false"}), "boolean");
  EXPECT_EQ(type_of({"yes", "no"}), "boolean(yes, no)");
  EXPECT_EQ(type_of({"00112233-4455-6677-8899-aabbccddeeff"}), "uuid");
  EXPECT_EQ(type_of({"{\"a\": 1}", "[]"}), "json");
}

TEST(ValueSniffer, leaves_text_what_a_type_would_change) {
  EXPECT_EQ(type_of({"00123", "00124"}), "text");
  EXPECT_EQ(type_of({"1", "x"}), "text");
  EXPECT_EQ(type_of({"1,5"}), "text");
  EXPECT_EQ(type_of({"31.2.2026"}), "text");
  EXPECT_EQ(type_of({}), "text");
}

TEST(ValueSniffer, does_not_choose_between_two_readings_of_a_date) {
  ValueSniffer sniffer;
  sniffer.add("01/02/2026", true);
  EXPECT_EQ(sniffer.type(), "text");
  EXPECT_EQ(sniffer.doubt(), "date(%d/%m/%Y) or date(%m/%d/%Y)");
  sniffer.add("13/02/2026", true);
  EXPECT_EQ(sniffer.type(), "date(%d/%m/%Y)");
  EXPECT_EQ(sniffer.doubt(), "");
}

TEST(ValueSniffer, takes_words_between_typed_values_for_null) {
  ValueSniffer sniffer;
  for (const char* text : {"1", "N/A", "2", "N/A"}) sniffer.add(text, true);
  EXPECT_EQ(sniffer.type(), "bigint");
  EXPECT_EQ(sniffer.null_words(), std::vector<std::string>{"N/A"});
  sniffer.add("N/A", false);
  EXPECT_EQ(sniffer.type(), "text") << "in quotes it is a text";
  EXPECT_TRUE(sniffer.null_words().empty());
}

}  // namespace
}  // namespace osiris::filesystem
