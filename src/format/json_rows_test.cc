#include "format/json_rows.h"
#include "format/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using Texts = std::vector<std::string>;

/// Every row, null as "-".
std::vector<Texts> cells_of(std::string_view text, const std::vector<std::string>& names = {"a", "b"}) {
  JsonRows rows(text, names);
  std::vector<Texts> all;
  while (const auto* cells = rows.next()) {
    Texts& row = all.emplace_back();
    for (const JsonCell& cell : *cells) row.emplace_back(cell.value_or("-"));
  }
  EXPECT_EQ(rows.next(), nullptr);
  return all;
}

TEST(JsonRows, Give_values_in_the_order_of_the_names) {
  EXPECT_THAT(cells_of(R"([{"a":"x","b":1},{"b":true,"a":null},{"c":"skipped","b":"y"},{}])"),
              ElementsAre(Texts{"x", "1"}, Texts{"-", "true"}, Texts{"-", "y"}, Texts{"-", "-"}));
  EXPECT_THAT(cells_of("[]"), ElementsAre());
  EXPECT_THAT(cells_of(" [ { \"a\" : \"\" , \"b\" : -1.5e300 } ,\n {\"a\":false} ] "),
              ElementsAre(Texts{"", "-1.5e300"}, Texts{"false", "-"}));
}

TEST(JsonRows, Keep_every_digit) {
  EXPECT_THAT(cells_of(R"([{"a":12345678901234567890.1234567890,"b":1e-400}])"),
              ElementsAre(Texts{"12345678901234567890.1234567890", "1e-400"}));
}

TEST(JsonRows, Take_escapes_apart) {
  EXPECT_THAT(cells_of(R"([{"a":"\"\\\/\b\f\n\r\t","b":"\u00e9\u20AC\ud83d\ude00\u0000"}])"),
              ElementsAre(Texts{"\"\\/\b\f\n\r\t", std::string("é€😀\0", 10)}));
  EXPECT_THAT(cells_of(R"([{"\u0061":"key","b":"é"}])"), ElementsAre(Texts{"key", "é"}));
}

TEST(JsonRows, Refuse_what_is_no_list_of_flat_objects) {
  for (const char* text :
       {"", "{}", "[1]", "[{]", "[{\"a\"}]", "[{\"a\":}]", "[{\"a\":[1]}]", "[{\"a\":{}}]", "[{\"a\":\"x}]",
        "[{\"a\":\"\\x\"}]", "[{\"a\":\"\\ud800\"}]", "[{\"a\":\"\\udc00\"}]", "[{\"a\":\"\\u12\"}]",
        "[{\"a\":maybe}]", "[{\"a\":1},]", "[{\"a\":1}", "[{\"a\":1} {\"a\":2}]", "<html>"}) {
    EXPECT_THAT(error_of([&] { cells_of(text); }), testing::StartsWith("json.malformed")) << text;
  }
}

TEST(JsonStrings, Are_escaped_where_JSON_wants_it) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\x01\0é/", 11));
  EXPECT_EQ(out, R"("a\"b\\c\u000a\u0001\u0000é/")");
}

}  // namespace
}  // namespace osiris
