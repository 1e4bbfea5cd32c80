#include "compile/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "compile/compiler.h"
#include "compile/test_components.h"

namespace osiris {
namespace {

using testing::ElementsAre;

constexpr const char* kHead =
    "params:\n"
    "  city: Brno\n"
    "  rows: 5\n"
    "  rate: {default: 1, type: number}\n"
    "  strict: {type: boolean, default: false}\n"
    "  size: {default: m, enum: [s, m, l]}\n"
    "  day: {type: string}\n"
    "profiles:\n"
    "  prod: {params: {city: Praha, rows: 50, day: mon}}\n"
    "  odd: {params: {rows: many, colour: red}}\n"
    "  bare: {}\n";

struct Resolved {
  Json values;
  std::vector<std::string> problems;  ///< "place code: message"
};

/// Compiles a file with parameters and no steps; what is said of the steps is left out.
Resolved resolve_with(const ParamSources& sources, const std::string& head = kHead) {
  Resolved resolved;
  Diagnostics diagnostics;
  read_oml(head, "p.oml", "p", sources, resolved.values, diagnostics);
  for (const Finding& finding : diagnostics.sorted()) {
    if (finding.code == "oml.no_steps") continue;
    resolved.problems.push_back(cat(finding.location.to_string(), " ", finding.code, ": ", finding.message));
  }
  return resolved;
}

TEST(Params, Take_the_last_of_default_profile_environment_and_command_line) {
  const auto city = [](const ParamSources& sources) { return resolve_with(sources).values["city"]; };
  EXPECT_EQ(city({}), "Brno");
  EXPECT_EQ(city({"prod", {}, {}}), "Praha");
  EXPECT_EQ(city({"prod", {{"city", "Wien"}}, {}}), "Wien");
  EXPECT_EQ(city({"prod", {{"city", "Wien"}}, {{"city", "Graz"}, {"city", "Linz"}}}), "Linz");
}

TEST(Params, From_outside_get_the_declared_type_or_that_of_the_default) {
  const Resolved resolved = resolve_with(
      {{}, {}, {{"rows", "7"}, {"city", "12"}, {"rate", "2"}, {"strict", "true"}, {"day", "2024"}}});
  EXPECT_TRUE(resolved.problems.empty());
  EXPECT_EQ(resolved.values.dump(),
            R"({"city":"12","rows":7,"rate":2,"strict":true,"size":"m","day":"2024"})");
}

TEST(Params, Take_any_scalar_where_no_type_is_told) {
  const std::string head = "params: {x: {}, y: {}, z: {}}\n";
  const Resolved resolved = resolve_with({{}, {}, {{"x", "7"}, {"y", "word"}, {"z", ""}}}, head);
  EXPECT_EQ(resolved.values.dump(), R"({"x":7,"y":"word","z":""})");
}

TEST(Params, Of_the_environment_pass_over_what_the_file_does_not_declare) {
  EXPECT_TRUE(resolve_with({"prod", {{"other", "1"}}, {}}).problems.empty());
  EXPECT_EQ(resolve_with({{}, {{"maxrows", "3"}}, {}}, "params: {maxRows: 1}\n").values["maxRows"], 3);
}

TEST(Params, With_a_mistake_say_where_it_was_made) {
  const auto problems = [](const ParamSources& sources) {
    ParamSources complete = sources;
    complete.command_line.emplace_back("day", "mon");
    return resolve_with(complete).problems;
  };
  EXPECT_THAT(resolve_with({}).problems,
              ElementsAre("p.oml:7:3 param.missing: the parameter has no value: 'day'"));
  EXPECT_THAT(problems({"prd", {}, {}}),
              ElementsAre("p.oml:1:1 param.unknown_profile: unknown profile: 'prd'"));
  EXPECT_THAT(problems({"odd", {}, {}}),
              ElementsAre(R"(p.oml:10:18 param.wrong_type: the parameter 'rows' must be integer, not "many")",
                          "p.oml:10:30 param.unknown: unknown parameter: 'colour'"));
  EXPECT_THAT(problems({{}, {}, {{"rwos", "1"}}}),
              ElementsAre("--param param.unknown: unknown parameter: 'rwos'"));
  EXPECT_THAT(problems({{}, {{"rows", "many"}}, {}}),
              ElementsAre("environment param.wrong_type: the parameter 'rows' must be integer, not 'many'"));
  EXPECT_THAT(
      problems({{}, {}, {{"size", "xl"}}}),
      ElementsAre(
          R"(--param param.not_allowed: the parameter 'size' must be one of ["s","m","l"], not "xl")"));
  EXPECT_TRUE(problems({"bare", {}, {}}).empty());
}

TEST(Params, That_got_a_wrong_value_are_reported_once) {
  EXPECT_THAT(resolve_with({{}, {}, {{"on", "maybe"}}}, "params: {on: {type: boolean}}\n").problems,
              ElementsAre("--param param.wrong_type: the parameter 'on' must be boolean, not 'maybe'"));
  const std::string oml =
      "params: {many: {type: integer}}\n"
      "steps:\n"
      "  - {id: a, component: fake.extractor, config: {rows: '${params.many}'}}\n"
      "  - {id: w, component: fake.writer}\n";
  const auto found = compile(oml, "p.oml", {}, Connections(), closed_registry()).diagnostics.sorted();
  ASSERT_EQ(found.size(), 1U) << "its uses are not reported too";
  EXPECT_EQ(found[0].code, "param.missing");
}

/// The step's config after substitution, as JSON.
Json config_with(const std::string& config, const ParamSources& sources = {}) {
  const std::string text = cat("params: {city: Brno, rows: 5, rate: 0.5, strict: true, list: '1'}\n",
                               "steps:\n", "  - {id: a, component: fake.extractor, config: ", config, "}\n");
  Json params;
  Diagnostics diagnostics;
  const Pipeline pipeline = read_oml(text, "p.oml", "p", sources, params, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << config;
  return pipeline.steps.at(0).config.to_json();
}

TEST(Params, Alone_in_a_text_keep_their_type) {
  EXPECT_EQ(
      config_with("{a: '${params.rows}', b: '${params.strict}', c: '${params.rate}', d: '${params.list}'}")
          .dump(),
      R"({"a":5,"b":true,"c":0.5,"d":"1"})");
  EXPECT_EQ(config_with("{a: '${params.city}'}", {{}, {}, {{"city", "7"}}}).dump(), R"({"a":"7"})");
}

TEST(Params, Among_other_text_become_text) {
  EXPECT_EQ(
      config_with("{a: 'in ${params.city}: ${params.rows} of ${params.strict}', b: ['${params.city}!']}")
          .dump(),
      R"({"a":"in Brno: 5 of true","b":["Brno!"]})");
  EXPECT_EQ(config_with("{a: '${params.rows}${params.rows}', b: '$${x} ${df} ${params.city'}").dump(),
            R"({"a":"55","b":"$${x} ${df} ${params.city"})");
}

TEST(Params, Bring_no_placeholder_of_their_own) {
  EXPECT_EQ(config_with("{a: 'x ${params.city}'}", {{}, {}, {{"city", "${params.rows}"}}}).dump(),
            R"({"a":"x ${params.rows}"})");
}

TEST(Params, That_nobody_declared_are_found_at_their_text) {
  Json params;
  Diagnostics diagnostics;
  read_oml(
      "params: {city: x}\nsteps:\n  - id: a\n    component: fake.extractor\n    config:\n      rows: "
      "${params.cty}\n",
      "p.oml", "p", {}, params, diagnostics);
  ASSERT_EQ(diagnostics.sorted().size(), 1U);
  const Finding finding = diagnostics.sorted().front();
  EXPECT_EQ(finding.code, "param.undeclared");
  EXPECT_EQ(finding.location.to_string(), "p.oml:6:13");
  EXPECT_EQ(finding.hint, "did you mean 'city'?");
}

}  // namespace
}  // namespace osiris
