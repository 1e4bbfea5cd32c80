#include "compile/step_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/test_findings.h"

namespace osiris {
namespace {

using testing::ElementsAre;

/// A pipeline whose last step has this config, in line 4 from column 13.
std::string with_config(const std::string& component, const std::string& config) {
  const bool is_writer = component.ends_with("writer");
  return cat("steps:\n", is_writer ? "  - {id: source, component: fake.extractor}\n" : "  # a source\n",
             "  - id: it\n    component: ", component, "\n    config: ", config, "\n",
             is_writer ? "" : "  - {id: target, component: fake.writer}\n");
}

std::vector<std::string> of_writer(const std::string& config) {
  return findings_in(with_config("shop.writer", config));
}

std::vector<std::string> of_extractor(const std::string& config) {
  return findings_in(with_config("shop.extractor", config));
}

TEST(StepConfig, Is_complete_in_the_order_of_the_spec_with_canonical_names) {
  const CompileResult result = compile_text(with_config(
      "shop.writer", "{batch_rows: 5, rate: 1, memory: null, table: t, connection: '@shop.main'}"));
  ASSERT_TRUE(result.manifest);
  EXPECT_EQ(result.manifest->find("it")->config.dump(),
            R"({"table":"t","write_mode":"append","batch":5,"rate":1,"strict":false,"patience":"30s"})");
}

TEST(StepConfig, Refuses_unknown_keys_and_says_what_is_near) {
  EXPECT_THAT(of_writer("{table: t, write_mod: append}"),
              ElementsAre("5:24 oml.unknown_key: unknown key of shop.writer: 'write_mod'"));
  EXPECT_EQ(hint_in(with_config("shop.writer", "{table: t, write_mod: append}")),
            "did you mean 'write_mode'?");
  EXPECT_THAT(findings_in(with_config("fake.extractor", "{connection: '@shop.main'}")),
              ElementsAre("5:14 oml.unknown_key: unknown key of fake.extractor: 'connection'"));
}

TEST(StepConfig, Sends_a_connection_s_fields_to_the_connection_and_secrets_away) {
  EXPECT_THAT(of_writer("{table: t, host: db}"),
              ElementsAre("5:24 oml.unknown_key: 'host' belongs to the connection, not to the step"));
  for (const std::string value : {"x", "''", "a-long-secret-text", "5", "'${PASSWORD}'"}) {
    EXPECT_THAT(of_writer("{table: t, password: " + value + "}"),
                ElementsAre("5:24 oml.inline_secret: a secret has no place in a pipeline: 'password'"))
        << value;
    EXPECT_THAT(of_writer("{table: t, api_token: " + value + "}"),
                ElementsAre("5:35 oml.inline_secret: a secret has no place in a pipeline: 'api_token'"))
        << value;
  }
  EXPECT_THAT(of_writer("{table: t, primary_key: [password]}"), testing::IsEmpty())
      << "a column's name is none";
}

TEST(StepConfig, Refuses_a_key_that_is_given_by_two_names) {
  EXPECT_THAT(of_writer("{table: t, batch: 1, batch_rows: 2}"),
              ElementsAre("5:34 oml.duplicate_key: 'batch_rows' means 'batch', which is there already"));
}

TEST(StepConfig, Says_which_key_is_missing) {
  EXPECT_THAT(of_writer("{}"), ElementsAre("5:13 oml.missing_key: shop.writer needs 'table' in its config"));
  EXPECT_EQ(hint_in(with_config("shop.writer", "{}")), "The target table");
}

TEST(StepConfig, Checks_the_type_of_every_value) {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"batch: '5'", "'batch' must be an integer, not text"},
      {"batch: 1.5", "'batch' must be an integer, not a number"},
      {"rate: fast", "'rate' must be a number, not text"},
      {"strict: 'true'", "'strict' must be true or false, not text"},
      {"strict: 1", "'strict' must be true or false, not an integer"},
      {"primary_key: 5", "'primary_key' must be a list, not an integer"},
      {"options: [a]", "'options' must be a map, not a list"},
      {"patience: 30", "'patience' must be text, not an integer"},
  };
  for (const auto& [entry, message] : mistakes) {
    const auto column = 25 + static_cast<int>(entry.find(':')) + 1;
    EXPECT_THAT(of_writer("{table: t, " + entry + "}"),
                ElementsAre(cat("5:", column, " oml.wrong_type: ", message)))
        << entry;
  }
  EXPECT_THAT(of_writer("{table: t, primary_key: [id, 5]}"),
              ElementsAre("5:42 oml.wrong_type: an entry of 'primary_key' must be text, not an integer"));
  EXPECT_EQ(hint_in(with_config("shop.writer", "{table: 5}")), "write \"5\" in quotes");
}

TEST(StepConfig, Checks_limits_choices_and_units) {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"batch: 0", "'batch' must be at least 1, not 0"},
      {"batch: 1001", "'batch' must be at most 1000, not 1001"},
      {"patience: 30 parsecs", "'patience' must be a duration like 30s, not \"30 parsecs\""},
      {"memory: much", "'memory' must be a size like 64MiB, not \"much\""},
      {"write_mode: apend", "'write_mode' must be one of append, replace, upsert, not 'apend'"},
  };
  for (const auto& [entry, message] : mistakes) {
    const auto column = 25 + static_cast<int>(entry.find(':')) + 1;
    EXPECT_THAT(of_writer("{table: t, " + entry + "}"),
                ElementsAre(cat("5:", column, " oml.invalid_value: ", message)))
        << entry;
  }
  EXPECT_THAT(
      of_extractor("{query: x}"),
      testing::Contains("5:21 oml.invalid_value: 'query' must be at least 3 characters long, not \"x\""));
}

TEST(StepConfig, Counts_a_text_s_length_in_characters) {
  const std::string select = "SELECT '";
  const std::string umlauts = [] {
    std::string text;
    for (int count = 0; count < 91; ++count) text += "ü";
    return text;
  }();
  EXPECT_THAT(of_extractor("{query: \"" + select + umlauts + "'\"}"), testing::IsEmpty()) << "100 characters";
  EXPECT_THAT(of_extractor("{query: \"" + select + umlauts + "u'\"}"), testing::SizeIs(1))
      << "101 characters";
}

TEST(StepConfig, Checks_what_must_stand_together_and_what_must_not) {
  EXPECT_THAT(of_extractor("{}"), ElementsAre("5:13 oml.constraint: give 'query' or 'table', and not both"));
  EXPECT_THAT(of_extractor("{query: SELECT 1, table: t}"),
              ElementsAre("5:13 oml.constraint: give 'query' or 'table', and not both"));
  EXPECT_THAT(of_extractor("{sql: SELECT 1}"), testing::IsEmpty());
  EXPECT_THAT(of_writer("{table: t, write_mode: upsert}"),
              ElementsAre("5:13 oml.constraint: write_mode 'upsert' needs 'primary_key'"));
  EXPECT_THAT(of_writer("{table: t, write_mode: upsert, primary_key: [id]}"), testing::IsEmpty());
}

TEST(StepConfig, Checks_what_a_key_that_is_given_needs) {
  EXPECT_THAT(of_extractor("{table: t, where: a = 1}"), testing::IsEmpty());
  EXPECT_THAT(of_extractor("{query: SELECT 1, where: a = 1}"),
              ElementsAre("5:13 oml.constraint: 'where' goes with 'table'"));
}

TEST(StepConfig, Takes_a_condition_for_a_part_of_one_statement) {
  EXPECT_THAT(of_extractor("{table: t, where: \"a = ';' AND b IN (SELECT 1) # ) ;\"}"), testing::IsEmpty());
  EXPECT_THAT(of_extractor("{table: t, where: \"1 = 1); DELETE FROM t\"}"),
              ElementsAre(testing::StartsWith("5:31 oml.not_read_only: 'where' must be one condition: ")));
}

TEST(StepConfig, Lets_sql_read_only_in_the_dialect_of_the_connection) {
  EXPECT_THAT(of_extractor("{query: DROP TABLE t}"),
              ElementsAre(testing::StartsWith("5:21 oml.not_read_only: ")));
  EXPECT_THAT(of_extractor("{query: \"SELECT 1; DELETE FROM t\"}"),
              ElementsAre(testing::StartsWith("5:21 oml.not_read_only: ")));
  EXPECT_THAT(of_extractor("{query: \"SELECT 1 # ; DROP TABLE t\"}"), testing::IsEmpty())
      << "the shop's dialect has hash comments";
  EXPECT_THAT(findings_in(with_config("fake.processor", "{query: \"SELECT 1 # ; DROP TABLE t\"}")),
              testing::Contains(testing::HasSubstr("oml.not_read_only")))
      << "and the processor's own has not";
}

TEST(StepConfig, Takes_one_value_for_a_list_of_one) {
  const CompileResult result =
      compile_text(with_config("shop.writer", "{table: t, primary_key: id, connection: '@shop.main'}"));
  ASSERT_TRUE(result.manifest);
  EXPECT_EQ(result.manifest->find("it")->config["primary_key"].dump(), R"(["id"])");
}

TEST(StepConfig, Checks_the_keys_of_an_object_that_declares_them) {
  EXPECT_THAT(of_writer("{table: t, window: {cursor: day, lookback: 10m}}"), testing::IsEmpty());
  EXPECT_THAT(of_writer("{table: t, window: {cursr: day}}"),
              ElementsAre("5:32 oml.missing_key: 'window' needs 'cursor'",
                          "5:33 oml.unknown_key: unknown key of 'window': 'cursr'"));
  EXPECT_THAT(of_writer("{table: t, window: {cursor: day, lookback: 10}}"),
              ElementsAre("5:56 oml.wrong_type: 'lookback' must be text, not an integer"));
}

TEST(StepConfig, Refuses_keys_that_do_not_go_together) {
  EXPECT_THAT(of_writer("{table: t, write_mode: append, batch: 5}"), testing::IsEmpty());
  EXPECT_THAT(of_writer("{table: t, write_mode: replace, batch: 5}"),
              ElementsAre("5:13 oml.constraint: write_mode 'replace' goes without 'batch'"));
}

}  // namespace
}  // namespace osiris
