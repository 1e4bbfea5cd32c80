#include "component/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

using testing::ElementsAre;

const ComponentSpec& spec() {
  static const ComponentSpec parsed = parse_component_spec("shop.extractor", R"(
role: extractor
config:
  query: {type: string}
  rows: {type: integer, default: 10}
  strict: {type: boolean, default: true}
  columns: {type: array, items: string}
  wait: {type: duration, default: 1.5s}
  memory: {type: size, default: 64MiB}
)");
  return parsed;
}

TEST(Config, Gives_values_and_the_defaults_of_those_that_are_absent) {
  const Config config(spec().fields, {{"query", "SELECT 1"}, {"columns", {"a", "b"}}, {"rows", 5}});
  EXPECT_EQ(config.text("query"), "SELECT 1");
  EXPECT_EQ(config.integer("rows"), 5);
  EXPECT_TRUE(config.boolean("strict"));
  EXPECT_THAT(config.texts("columns"), ElementsAre("a", "b"));
  EXPECT_EQ(config.duration("wait"), std::chrono::milliseconds(1500));
  EXPECT_EQ(config.size("memory"), 64U << 20);
  EXPECT_EQ(config.value("columns"), Json::array({"a", "b"}));
}

TEST(Config, Knows_what_is_absent) {
  const Config config(spec().fields, Json::object());
  EXPECT_FALSE(config.has("query"));
  EXPECT_TRUE(config.has("rows"));
  EXPECT_EQ(config.optional_text("query"), std::nullopt);
  EXPECT_TRUE(config.texts("columns").empty());
  EXPECT_TRUE(config.value("query").is_null());
}

TEST(Config, Refuses_a_key_that_the_spec_lacks_and_a_value_of_another_type) {
  const Config config(spec().fields, Json::object());
  EXPECT_EQ(error_of([&] { config.has("rosw"); }),
            "internal.invariant: broken invariant: the spec declares the key 'rosw'");
  EXPECT_EQ(error_of([&] { config.text("query"); }),
            "internal.invariant: broken invariant: the config key 'query' is text");
  EXPECT_THAT(error_of([&] { config.boolean("rows"); }), testing::HasSubstr("is true or false"));
}

TEST(Config, Notes_the_keys_that_were_asked_for) {
  const Config config(spec().fields, Json::object());
  config.integer("rows");
  config.has("query");
  EXPECT_THAT(config.keys_read(), ElementsAre("query", "rows"));
}

const ConnectionSpec& shop() {
  static const ConnectionSpec parsed = parse_connection_spec("shop", R"(
fields:
  host: {type: string, default: localhost, aliases: [server]}
  port: {type: integer, default: 80, min: 1, max: 65535}
  account: {type: string, required: true}
  password: {type: string, secret: true, aliases: [key]}
  mode: {type: string, enum: [plain, sealed]}
  compressed: {type: boolean}
  patience: {type: duration}
  memory: {type: size}
)");
  return parsed;
}

ConnectionConfig connection(std::map<std::string, std::string> texts) {
  std::map<std::string, Secret> values;
  texts.emplace("account", "me");
  for (const auto& [name, text] : texts) values.emplace(name, Secret(text));
  return {"shop", "main", shop(), values};
}

TEST(ConnectionConfig, Makes_plain_what_the_spec_says_is_no_secret) {
  const ConnectionConfig config =
      connection({{"server", "db"}, {"port", " 3306 "}, {"key", "hunter22"}, {"compressed", "true"}});
  EXPECT_EQ(config.reference(), "@shop.main");
  EXPECT_EQ(config.plain().text("host"), "db");
  EXPECT_EQ(config.plain().integer("port"), 3306) << "numbers are numbers after substitution";
  EXPECT_TRUE(config.plain().boolean("compressed"));
  EXPECT_EQ(config.secret("password").reveal(), "hunter22");
  EXPECT_TRUE(config.has("password"));
  EXPECT_EQ(config.shown(), Json({{"account", "me"}, {"compressed", true}, {"port", 3306}, {"host", "db"}}));
  EXPECT_EQ(config.without_secrets("no hunter22 here"), "no *** here");
}

TEST(ConnectionConfig, Fills_in_defaults_and_leaves_secrets_empty) {
  const ConnectionConfig config = connection({});
  EXPECT_EQ(config.plain().text("host"), "localhost");
  EXPECT_EQ(config.plain().integer("port"), 80);
  EXPECT_TRUE(config.secret("password").empty());
  EXPECT_FALSE(config.has("mode"));
}

TEST(ConnectionConfig, Names_the_field_that_is_wrong) {
  const auto problem = [](const std::string& name, const std::string& text) {
    return error_of([&] { connection({{name, text}}); });
  };
  EXPECT_EQ(problem("port", "many"),
            "connection.invalid: the field 'port' of @shop.main is not an integer: 'many'");
  EXPECT_EQ(problem("port", "0"), "connection.invalid: the field 'port' of @shop.main is out of range: '0'");
  EXPECT_EQ(problem("compressed", "yes"),
            "connection.invalid: the field 'compressed' of @shop.main is not true or false: 'yes'");
  EXPECT_EQ(problem("patience", "30"),
            "connection.invalid: the field 'patience' of @shop.main is not a duration like 30s: '30'");
  EXPECT_EQ(problem("memory", "lots"),
            "connection.invalid: the field 'memory' of @shop.main is not a size like 64MiB: 'lots'");
  EXPECT_EQ(
      problem("mode", "open"),
      R"(connection.invalid: the field 'mode' of @shop.main must be one of ["plain","sealed"], not 'open')");
  EXPECT_EQ(problem("pasword", "x"), "connection.unknown_field: unknown field of @shop.main: 'pasword'");
  EXPECT_EQ(hint_of([] { connection({{"pasword", "x"}}); }), "did you mean 'password'?");
}

TEST(ConnectionConfig, Refuses_a_field_that_is_missing_or_given_by_two_names) {
  EXPECT_EQ(error_of([] { ConnectionConfig("shop", "main", shop(), {}); }),
            "connection.invalid: the field 'account' of @shop.main is missing");
  EXPECT_EQ(error_of([] {
              connection({{"host", "a"}, {"server", "b"}});
            }),
            "connection.invalid: the field 'host' of @shop.main is given twice, once as 'server'");
  EXPECT_THAT(error_of([] {
                connection({{"password", "a-secret"}, {"key", "b-secret"}});
              }),
              testing::Not(testing::HasSubstr("secret'")));
}

}  // namespace
}  // namespace osiris
