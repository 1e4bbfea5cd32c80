#include "compile/oml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/test_findings.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Pipeline read(const std::string& text) {
  Json params;
  Diagnostics diagnostics;
  Pipeline pipeline = read_oml(text, "p.oml", "stem", {}, params, diagnostics);
  for (const Finding& finding : diagnostics.sorted()) ADD_FAILURE() << finding.message;
  return pipeline;
}

constexpr const char* kStep = "steps:\n  - {id: a, component: fake.extractor}\n";

TEST(Oml, Of_nothing_but_steps_is_a_whole_pipeline) {
  const Pipeline pipeline = read(kStep);
  EXPECT_EQ(pipeline.name, "stem");
  EXPECT_EQ(pipeline.oml_version, "0.1.0");
  EXPECT_FALSE(pipeline.forbids_concurrency);
  ASSERT_EQ(pipeline.steps.size(), 1U);
  EXPECT_EQ(pipeline.steps[0].location.to_string(), "p.oml:2:10");
  EXPECT_EQ(pipeline.steps[0].retry.max, 0);
  EXPECT_TRUE(pipeline.steps[0].config.is_map());
}

TEST(Oml, Says_all_that_its_file_says) {
  const Pipeline pipeline = read(
      "oml_version: 0.1.0\n"
      "name: shop\n"
      "description: Orders\n"
      "metadata: {owner: me, tags: [a, b]}\n"
      "concurrency: forbid\n"
      "steps:\n"
      "  - id: a\n"
      "    component: fake.extractor\n"
      "    mode: extract\n"
      "    retry: {max: 3, backoff: 2s}\n"
      "    timeout: 5m\n"
      "  - id: b\n"
      "    component: fake.writer\n"
      "    needs: [a]\n"
      "    inputs: {df: '${a.df}', x: '@a', y: a, z: '${a}'}\n"
      "    config: {path: out.csv}\n");
  EXPECT_EQ(pipeline.name, "shop");
  EXPECT_EQ(pipeline.description, "Orders");
  EXPECT_EQ(pipeline.metadata.dump(), R"({"owner":"me","tags":["a","b"]})");
  EXPECT_TRUE(pipeline.forbids_concurrency);
  EXPECT_EQ(pipeline.steps[0].mode.text, "extract");
  EXPECT_EQ(pipeline.steps[0].retry.max, 3);
  EXPECT_EQ(pipeline.steps[0].retry.backoff_ms, 2000);
  EXPECT_EQ(pipeline.steps[0].timeout_ms, 300'000);
  const OmlStep& writer = pipeline.steps[1];
  EXPECT_EQ(writer.needs->at(0).text, "a");
  ASSERT_EQ(writer.inputs->size(), 4U);
  for (const OmlInput& input : *writer.inputs) EXPECT_EQ(input.step.text, "a") << input.name;
  EXPECT_EQ(writer.config.to_json(), Json({{"path", "out.csv"}}));
}

TEST(Oml, Has_a_fingerprint_of_its_values_and_not_of_its_spelling) {
  const std::string print = read("name: x\nsteps:\n  - {id: a, component: b.c}\n").fingerprint;
  EXPECT_EQ(read("# why\nsteps:\n- component: 'b.c'\n  id: \"a\"\nname: x\n").fingerprint, print);
  EXPECT_NE(read("name: y\nsteps:\n  - {id: a, component: b.c}\n").fingerprint, print);
}

TEST(Oml, That_is_no_map_is_no_pipeline) {
  EXPECT_THAT(findings_in(""), ElementsAre("1:1 oml.not_a_pipeline: a pipeline file is a map with steps"));
  EXPECT_THAT(findings_in("\n- a\n"),
              ElementsAre("2:1 oml.not_a_pipeline: a pipeline file is a map with steps"));
  EXPECT_THAT(findings_in("steps: [\n"), ElementsAre(testing::HasSubstr("yaml.syntax: ")));
}

TEST(Oml, Needs_steps) {
  EXPECT_THAT(findings_in("name: x\n"), ElementsAre("1:1 oml.no_steps: the pipeline has no steps"));
  EXPECT_THAT(findings_in("steps: []\n"), ElementsAre("1:1 oml.no_steps: the pipeline has no steps"));
  EXPECT_THAT(findings_in("steps: {a: 1}\n"),
              ElementsAre("1:8 oml.wrong_type: steps must be a list, not a map"));
  EXPECT_THAT(findings_in("steps:\n  - just text\n"),
              ElementsAre("2:5 oml.wrong_type: a step must be a map, not text"));
}

TEST(Oml, Finds_every_mistake_of_the_head_at_its_place) {
  const std::string head =
      "oml_version: 0.2.0\n"
      "name: [x]\n"
      "descripton: x\n"
      "metadata: 5\n"
      "concurrency: never\n"
      "params:\n"
      "  a: {defualt: 1}\n"
      "  b: {type: strng, default: x}\n"
      "  c: [1]\n"
      "  d: {default: 1, enum: 5}\n"
      "profiles:\n"
      "  prod: {param: {}}\n"
      "  dev: 5\n";
  EXPECT_THAT(
      findings_in(head + kStep),
      ElementsAre(
          "1:14 oml.unsupported_version: unsupported oml_version: '0.2.0'",
          "2:7 oml.wrong_type: 'name' must be text, not a list",
          "3:1 oml.unknown_key: unknown key at the top level: 'descripton'",
          "4:11 oml.wrong_type: 'metadata' must be a map, not an integer",
          "5:14 oml.invalid_value: concurrency must be forbid or allow, not 'never'",
          "7:3 param.missing: the parameter has no value: 'a'",
          "7:7 oml.unknown_key: unknown key of the parameter 'a': 'defualt'",
          "8:13 oml.invalid_value: unknown type of the parameter 'b': 'strng'",
          "9:3 param.missing: the parameter has no value: 'c'",
          "9:6 oml.wrong_type: the default of the parameter 'c' must be a single value",
          "10:25 oml.wrong_type: 'enum' must be a list, not an integer",
          "12:10 oml.unknown_key: unknown key of the profile 'prod': 'param'",
          "13:8 oml.wrong_type: the profile 'dev' must be a map, not an integer",
          "15:10 oml.unread_step: nobody reads the rows of the step 'a'; they are counted and dropped"));
  EXPECT_THAT(findings_in(std::string("name: ' '\n") + kStep),
              testing::Contains("1:1 oml.invalid_value: the pipeline's name is empty"));
}

TEST(Oml, Finds_every_mistake_of_a_step_at_its_place) {
  const std::string steps =
      "steps:\n"
      "  - component: fake.extractor\n"
      "  - id: a b\n"
      "    component: 5\n"
      "    mod: read\n"
      "    needs: a\n"
      "  - id: c\n"
      "    component: fake.writer\n"
      "    needs: [5]\n"
      "    inputs: {df: [x]}\n"
      "    retry: {max: 101, wait: 1s}\n"
      "    timeout: 30\n"
      "    config: text\n"
      "  - id: d\n"
      "    component: fake.extractor\n"
      "    retry: {max: many, backoff: soon}\n"
      "    timeout: 30 seconds\n";
  EXPECT_THAT(findings_in(steps),
              testing::IsSupersetOf(
                  {"2:5 oml.missing_key: the step has no 'id'",
                   "3:9 oml.invalid_value: a step's id has letters, digits, '_', '-' and '.' only: 'a b'",
                   "4:16 oml.wrong_type: 'component' must be text, not an integer",
                   "5:5 oml.unknown_key: unknown key of a step: 'mod'",
                   "6:12 oml.wrong_type: 'needs' must be a list, not text",
                   "9:13 oml.wrong_type: an entry of 'needs' must be text, not an integer",
                   "10:18 oml.wrong_type: the input 'df' must be text, not a list",
                   "11:18 oml.invalid_value: 'max' must be 0 to 100",
                   "11:23 oml.unknown_key: unknown key of 'retry': 'wait'",
                   "12:14 oml.wrong_type: 'timeout' must be text, not an integer",
                   "13:13 oml.wrong_type: 'config' must be a map, not text",
                   "16:18 oml.wrong_type: 'max' must be an integer, not text",
                   "16:33 oml.invalid_value: 'backoff' must be a duration like 30s, not 'soon'",
                   "17:14 oml.invalid_value: 'timeout' must be a duration like 30s, not '30 seconds'"}));
}

TEST(Oml, Refuses_ids_that_could_leave_their_folder) {
  for (const std::string id : {"../x", ".hidden", "-x", "a/b", "a b", "\"\""}) {
    EXPECT_THAT(findings_in("steps:\n  - {id: " + id + ", component: fake.extractor}\n"),
                testing::Contains(testing::StartsWith("2:10 oml.invalid_value: ")))
        << id;
  }
}

}  // namespace
}  // namespace osiris
