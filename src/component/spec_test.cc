#include "component/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSpec = R"(
title: Reads rows from a shop
version: "1.2"
role: extractor
aliases: [store.extractor]
connection: shop
dialect: {hash_comments: true, dollar_quotes: true}
config:
  query: {type: string, sql: true, aliases: [sql], help: What to read, example: SELECT 1}
  table: {type: string, min: 1, max: 64}
  rows: {type: integer, min: 1, default: 10}
  rate: {type: number}
  strict: {type: boolean, default: false}
  columns: {type: array, items: string}
  options: {type: object}
  wait: {type: duration, default: 30s}
  memory: {type: size}
  token: {type: string, secret: true}
  mode: {type: string, enum: [fast, exact], required: true}
constraints:
  - {one_of: [query, table], error: "give 'query' or 'table'"}
  - {when: {mode: exact}, require: [table], error: "mode 'exact' needs 'table'"}
examples:
  - name: a query
    config: {query: SELECT 1, mode: fast}
)";

TEST(ComponentSpec, Says_all_that_its_file_says) {
  const ComponentSpec spec = parse_component_spec("shop.extractor", kSpec);
  EXPECT_EQ(spec.name, "shop.extractor");
  EXPECT_EQ(spec.title, "Reads rows from a shop");
  EXPECT_EQ(spec.version, "1.2");
  EXPECT_EQ(spec.role, Role::kExtractor);
  EXPECT_THAT(spec.aliases, ElementsAre("store.extractor"));
  EXPECT_EQ(spec.connection_family, "shop");
  EXPECT_TRUE(spec.dialect.hash_comments);
  EXPECT_TRUE(spec.dialect.dollar_quotes);
  EXPECT_FALSE(spec.dialect.backslash_escapes);
  EXPECT_THAT(spec.field_names(), ElementsAre("query", "table", "rows", "rate", "strict", "columns",
                                              "options", "wait", "memory", "token", "mode"));
  ASSERT_EQ(spec.constraints.size(), 2U);
  EXPECT_THAT(spec.constraints[0].one_of, ElementsAre("query", "table"));
  EXPECT_EQ(spec.constraints[1].when, Json({{"mode", "exact"}}));
  EXPECT_THAT(spec.constraints[1].require, ElementsAre("table"));
  ASSERT_EQ(spec.examples.size(), 1U);
  EXPECT_EQ(spec.examples[0].config, Json({{"query", "SELECT 1"}, {"mode", "fast"}}));
}

TEST(ComponentSpec, Finds_a_field_by_its_name_and_by_its_aliases) {
  const ComponentSpec spec = parse_component_spec("shop.extractor", kSpec);
  const Field* query = spec.find("sql");
  ASSERT_NE(query, nullptr);
  EXPECT_EQ(query->name, "query");
  EXPECT_TRUE(query->is_sql);
  EXPECT_EQ(query->help, "What to read");
  EXPECT_EQ(query->example, "SELECT 1");
  EXPECT_EQ(spec.find("rows")->default_value, Json(10));
  EXPECT_EQ(spec.find("rows")->minimum, 1);
  EXPECT_EQ(spec.find("table")->maximum, 64);
  EXPECT_TRUE(spec.find("token")->is_secret);
  EXPECT_TRUE(spec.find("mode")->is_required);
  EXPECT_THAT(spec.find("mode")->allowed, ElementsAre(Json("fast"), Json("exact")));
  EXPECT_EQ(spec.find("columns")->item_type, FieldType::kString);
  EXPECT_EQ(spec.find("nothing"), nullptr);
}

TEST(ComponentSpec, With_a_mistake_is_our_own_bug) {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"role: reader", "the spec of x.y has a known role, not 'reader'"},
      {"role: writer\ncolour: red", "the spec of x.y has no unknown key 'colour'"},
      {"role: writer\nconfig: {a: {type: text}}", "the spec of x.y field 'a' has a known type, not 'text'"},
      {"role: writer\nconfig: {a: {type: string, secert: true}}", "field 'a' has no unknown key 'secert'"},
      {"role: writer\nconfig: {a: string}", "the spec of x.y field 'a' is a map"},
      {"role: writer\ndialect: {hash: true}", "dialect has no unknown key 'hash'"},
      {"role: writer\nconstraints: [{needs: [a]}]", "constraint has no unknown key 'needs'"},
      {"just a text", "the spec of x.y is a map"}};
  for (const auto& [text, message] : mistakes) {
    EXPECT_THAT(error_of([&] { parse_component_spec("x.y", text); }),
                testing::AllOf(HasSubstr("internal.invariant"), HasSubstr(message)))
        << text;
  }
}

TEST(ConnectionSpec, Says_all_that_its_file_says) {
  const ConnectionSpec spec = parse_connection_spec("shop",
                                                    "title: A shop\nfields:\n  host: {type: string, aliases: "
                                                    "[server]}\n  password: {type: string, secret: true}\n");
  EXPECT_EQ(spec.family, "shop");
  EXPECT_EQ(spec.title, "A shop");
  EXPECT_THAT(spec.field_names(), ElementsAre("host", "password"));
  EXPECT_EQ(spec.find("server")->name, "host");
  EXPECT_TRUE(spec.find("password")->is_secret);
}

TEST(ConfigSchema, Is_json_schema_made_of_the_fields) {
  const ComponentSpec spec = parse_component_spec("shop.extractor", kSpec);
  const Json schema = config_schema(spec.fields, spec.constraints);
  EXPECT_EQ(schema["type"], "object");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"], Json::array({"mode"}));
  EXPECT_EQ(
      schema["allOf"][0]["allOf"].dump(),
      R"([{"oneOf":[{"anyOf":[{"required":["query"]},{"required":["sql"]}]},{"required":["table"]}]}])");
  const Json& properties = schema["properties"];
  EXPECT_EQ(properties["table"].dump(), R"({"type":"string","minLength":1.0,"maxLength":64.0})");
  EXPECT_EQ(properties["rows"].dump(), R"({"type":"integer","default":10,"minimum":1.0})");
  EXPECT_EQ(properties["columns"].dump(), R"({"type":["array","string"],"items":{"type":"string"}})")
      << "one entry alone is a list of one";
  EXPECT_EQ(properties["wait"].dump(), R"({"type":"string","default":"30s"})")
      << "a duration is written as text";
  EXPECT_EQ(properties["mode"].dump(), R"({"type":"string","enum":["fast","exact"]})");
  EXPECT_EQ(properties["token"]["writeOnly"], true);
  EXPECT_EQ(properties["sql"]["description"], "The same as query");
  EXPECT_EQ(schema["allOf"][1]["if"]["allOf"].dump(),
            R"([{"properties":{"mode":{"const":"exact"}}},{"required":["mode"]}])");
  EXPECT_EQ(schema["allOf"][1]["then"].dump(), R"({"allOf":[{"required":["table"]}]})");
  EXPECT_EQ(schema["allOf"][1]["description"], "mode 'exact' needs 'table'");
}

}  // namespace
}  // namespace osiris
