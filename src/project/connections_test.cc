#include "project/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

constexpr std::string_view kShopSpec = R"(
title: A shop
fields:
  host: {type: string}
  port: {type: integer}
  password: {type: string, secret: true}
)";

const Registry& registry() {
  static const std::vector<Component> components;
  static const std::vector<ConnectionType> types{{"shop", kShopSpec, nullptr}};
  static const Registry made(components, types);
  return made;
}

Connections connections(const std::string& text) { return {"c.yaml", text}; }

std::string problem_of(const std::string& text) {
  return error_of([&] { connections(text); });
}

TEST(Connections, Lists_every_alias_with_its_place) {
  const Connections read = connections(
      "version: 1\n"
      "connections:\n"
      "  shop:\n"
      "    main: {host: '${HOST}', port: 80, password: null}\n"
      "    other:\n"
      "      default: true\n"
      "      host: db\n"
      "  store:\n"
      "    main: {}\n");
  ASSERT_EQ(read.entries().size(), 3U);
  const ConnectionEntry& main = read.entries()[0];
  EXPECT_EQ(main.reference(), "@shop.main");
  EXPECT_EQ(main.location.to_string(), "c.yaml:4:5");
  ASSERT_EQ(main.fields.size(), 2U) << "a field without a value is absent";
  EXPECT_EQ(main.fields[0].text, "${HOST}");
  EXPECT_EQ(main.fields[1].location.to_string(), "c.yaml:4:35");
  EXPECT_TRUE(read.entries()[1].is_default);
  EXPECT_TRUE(connections("").entries().empty());
  EXPECT_TRUE(connections("connections:\n").entries().empty());
}

TEST(Connections, Says_what_shape_the_file_must_have) {
  EXPECT_EQ(problem_of("[]"), "c.yaml:1:1: connection.malformed: the file must be a map, not a list");
  EXPECT_EQ(problem_of("conections: {}"), "c.yaml:1:1: connection.malformed: unknown key: 'conections'");
  EXPECT_EQ(problem_of("connections: {shop: x}"),
            "c.yaml:1:21: connection.malformed: the family 'shop' must be a map, not text");
  EXPECT_EQ(problem_of("connections: {shop: {main: [1]}}"),
            "c.yaml:1:28: connection.malformed: the connection @shop.main must be a map, not a list");
  EXPECT_EQ(problem_of("connections:\n  shop:\n    main:\n      host: {a: b}\n"),
            "c.yaml:4:7: connection.malformed: the field 'host' of @shop.main must be a single value");
  EXPECT_THAT(problem_of("connections:\n  shop:\n    a: {}\n    a: {}\n"),
              testing::HasSubstr("yaml.duplicate_key"));
}

TEST(Connections, Finds_the_alias_that_a_reference_names) {
  const Connections read = connections("connections: {shop: {main: {}, 'with.dot': {}}}");
  EXPECT_EQ(read.find("@shop.main").alias, "main");
  EXPECT_EQ(read.find("@shop.with.dot").alias, "with.dot");
  EXPECT_EQ(error_of([&] { read.find("@shop.prod"); }),
            "connection.unknown_alias: unknown connection: '@shop.prod'");
  EXPECT_EQ(hint_of([&] { read.find("@shop.prod"); }),
            "osiris_connections.yaml defines @shop.main, @shop.with.dot");
  EXPECT_EQ(hint_of([] { Connections().find("@shop.prod"); }),
            "osiris_connections.yaml defines no connection");
  for (const std::string_view wrong : {"", "shop.main", "@shop", "@.main", "@shop.", "@"}) {
    EXPECT_THAT(error_of([&] { read.find(wrong); }), testing::StartsWith("connection.malformed_reference: "))
        << wrong;
  }
}

TEST(Connections, Choose_the_marked_alias_then_the_one_called_default_then_the_only_one) {
  const auto chosen = [](const std::string& aliases) {
    return connections("connections: {shop: " + aliases + "}").default_of("shop").alias;
  };
  EXPECT_EQ(chosen("{default: {}, b: {default: true}}"), "b");
  EXPECT_EQ(chosen("{a: {}, default: {}}"), "default");
  EXPECT_EQ(chosen("{a: {}}"), "a");
  EXPECT_EQ(hint_of([&] { chosen("{a: {}, b: {}}"); }), "write connection: one of @shop.a, @shop.b");
  EXPECT_EQ(error_of([] { Connections().default_of("shop"); }),
            "connection.no_default: the step names no connection of the family 'shop'");
}

TEST(Resolve, Replaces_variables_and_says_where_each_value_came_from) {
  const Connections read =
      connections("connections: {shop: {main: {host: '${HOST:-db}', port: 80, password: '${P}'}}}");
  Environment environment;
  environment.add_file(".env", "P=hunter22\n");
  const ResolvedConnection resolved = resolve(read.entries()[0], environment, registry());
  EXPECT_EQ(resolved.config.plain().text("host"), "db");
  EXPECT_EQ(resolved.config.plain().integer("port"), 80);
  EXPECT_EQ(resolved.config.secret("password").reveal(), "hunter22");
  EXPECT_THAT(resolved.origins,
              testing::ElementsAre(std::pair("host", "HOST (default)"), std::pair("password", "P (.env:1)"),
                                   std::pair("port", "literal")));
}

TEST(Resolve, Makes_paths_start_at_the_projects_folder) {
  const auto path_of = [](const std::string& path, const std::filesystem::path& folder) {
    ConnectionSpec spec;
    Field& field = spec.fields.emplace_back();
    field.name = "path";
    field.is_path = true;
    const ConnectionConfig config("files", "main", spec, {{"path", Secret(path)}}, folder);
    return config.plain().text("path");
  };
  EXPECT_EQ(path_of("data/../a.db", "/project"), "/project/a.db");
  EXPECT_EQ(path_of("/other/a.db", "/project"), "/other/a.db");
  EXPECT_EQ(path_of("a.db", ""), "a.db");
}

TEST(Resolve, Names_the_place_of_what_it_cannot_resolve) {
  const auto problem = [](const std::string& text) {
    const Connections read = connections(text);
    return error_of([&] { resolve(read.entries()[0], {}, registry()); });
  };
  EXPECT_EQ(problem("connections:\n  shop:\n    main:\n      host: ${HOST}\n"),
            "c.yaml:4:13: connection.missing_variable: the variable is not set: 'HOST'");
  EXPECT_EQ(problem("connections: {shop: {main: {port: many}}}"),
            "c.yaml:1:22: connection.invalid: the field 'port' of @shop.main is not an integer: 'many'");
  EXPECT_EQ(problem("connections: {ship: {main: {}}}"),
            "c.yaml:1:22: connection.unknown_family: no component connects to the family 'ship'");
}

}  // namespace
}  // namespace osiris
