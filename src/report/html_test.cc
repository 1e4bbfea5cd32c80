#include "report/html.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

TEST(Html, Shows_values_as_text) {
  EXPECT_EQ(escaped("<b id=\"x\">'&"), "&lt;b id=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(escaped("naïve 👩 \u2028"), "naïve 👩 \u2028");
  EXPECT_EQ(escaped(std::string_view("a\0b", 3)), "a\uFFFDb");
}

TEST(Html, Names_what_would_turn_the_page) {
  EXPECT_EQ(escaped("abc\u202Edef\u2066"), "abc[U+202E]def[U+2066]");
  EXPECT_EQ(escaped("€ – \u200F"), "€ – \u200F");
}

TEST(Html, Lets_no_JSON_end_its_script) {
  EXPECT_EQ(script_json({{"a", "</script><!--"}}), R"({"a":"\u003c/script>\u003c!--"})");
  EXPECT_EQ(script_json("\u2028é"), R"("\u2028\u00e9")");
}

TEST(Html, Fills_a_template_once) {
  EXPECT_EQ(filled("<{{a}}>{{b}}!", {{"a", "{{b}}"}, {"b", "2"}}), "<{{b}}>2!");
}

}  // namespace
}  // namespace osiris
