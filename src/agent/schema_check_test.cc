#include "agent/schema_check.h"

#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

const Json kSchema = Json::parse(R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "minLength": 1, "maxLength": 5, "description": "a file"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 9},
    "mode": {"enum": ["fast", "exact"]},
    "edits": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {"old": {"type": "string"}},
              "required": ["old"], "additionalProperties": false}},
    "params": {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
  },
  "required": ["path"],
  "additionalProperties": false})");

std::string misfit(const char* value) { return find_misfit(Json::parse(value), kSchema).value_or("fits"); }

TEST(SchemaCheck, Accepts_what_fits) {
  EXPECT_EQ(misfit(R"({"path": "a"})"), "fits");
  EXPECT_EQ(
      misfit(R"({"path": "ěščřž", "limit": 9, "mode": "fast", "edits": [{"old": "x"}], "params": {"a": 1}})"),
      "fits")
      << "a length is of characters";
}

TEST(SchemaCheck, Says_what_does_not_fit_and_where) {
  EXPECT_EQ(misfit("[]"), "the value must be an object, not []");
  EXPECT_EQ(misfit("{}"), "'path' is missing");
  EXPECT_EQ(misfit(R"({"path": 7})"), "'path' must be a string, not 7");
  EXPECT_EQ(misfit(R"({"path": ""})"), "'path' must have at least 1 characters, not 0");
  EXPECT_EQ(misfit(R"({"path": "abcdef"})"), "'path' must have at most 5 characters, not 6");
  EXPECT_EQ(misfit(R"({"path": "a", "limit": 1.5})"), "'limit' must be an integer, not 1.5");
  EXPECT_EQ(misfit(R"({"path": "a", "limit": 0})"), "'limit' must be at least 1, not 0");
  EXPECT_EQ(misfit(R"({"path": "a", "limit": 10})"), "'limit' must be at most 9, not 10");
  EXPECT_EQ(misfit(R"({"path": "a", "mode": "slow"})"), "'mode' must be one of fast, exact, not \"slow\"");
  EXPECT_EQ(misfit(R"({"path": "a", "edits": [{"old": 1}]})"), "'edits[0].old' must be a string, not 1");
  EXPECT_EQ(misfit(R"({"path": "a", "edits": [{}]})"), "'edits[0].old' is missing");
  EXPECT_EQ(misfit(R"({"path": "a", "edits": [1, 2, 3]})"), "'edits' must have at most 2 entries, not 3");
  EXPECT_EQ(misfit(R"({"path": "a", "params": {"x": true}})"),
            "'params.x' must be a string or a number, not true");
  EXPECT_EQ(misfit(R"({"path": "a", "limits": 1})"), "'limits' is not known; did you mean 'limit'?");
}

TEST(SchemaCheck, Knows_every_word_of_a_schema_or_says_that_it_does_not) {
  EXPECT_NE(error_of([] {
              find_misfit(1, {{"multipleOf", 2}});
            }).find("internal.invariant"),
            std::string::npos);
}

}  // namespace
}  // namespace osiris
