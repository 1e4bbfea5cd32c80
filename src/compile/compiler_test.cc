#include "compile/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/test_findings.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "id <- inputs; after …" of each step, in the order of the manifest.
std::vector<std::string> shape_of(const std::string& oml) {
  const CompileResult result = compile_text(oml);
  std::vector<std::string> shape;
  for (const Finding& finding : result.diagnostics.sorted()) {
    if (finding.severity == Finding::Severity::kError) shape.push_back(finding.message);
  }
  if (!result.manifest) return shape;
  for (const ManifestStep& step : result.manifest->steps) {
    std::string text = step.id;
    for (const auto& input : step.inputs) text += cat(" <- ", input.name, "=", input.step_id);
    if (!step.after.empty()) text += cat(" after ", join(step.after, ","));
    shape.push_back(text);
  }
  return shape;
}

constexpr const char* kA = "  - {id: a, component: fake.extractor}\n";
constexpr const char* kB = "  - {id: b, component: fake.extractor}\n";

std::string steps(const std::vector<std::string>& lines) { return cat("steps:\n", join(lines, "")); }

TEST(Compiler, Lets_the_previous_step_feed_the_next) {
  EXPECT_THAT(
      shape_of(steps({kA, "  - {id: p, component: fake.filter}\n", "  - {id: w, component: fake.writer}\n"})),
      ElementsAre("a", "p <- a=a", "w <- p=p"));
}

TEST(Compiler, Lets_needs_feed_and_order) {
  EXPECT_THAT(
      shape_of(steps(
          {kA, kB, "  - {id: p, component: fake.processor, needs: [b, a], config: {query: SELECT 1}}\n",
           "  - {id: w, component: fake.writer}\n", "  - {id: late, component: fake.extractor, needs: [w]}\n",
           "  - {id: w2, component: fake.writer, needs: [late, w]}\n"})),
      ElementsAre("a", "b", "p <- b=b <- a=a", "w <- p=p", "late after w", "w2 <- late=late after w"));
}

TEST(Compiler, Honours_named_inputs_which_imply_the_dependency) {
  EXPECT_THAT(shape_of(steps({"  - {id: w, component: fake.writer, inputs: {df: '${p.df}'}}\n",
                              "  - {id: p, component: fake.filter, inputs: {df: a}}\n", kA})),
              ElementsAre("a", "p <- df=a", "w <- df=p"))
      << "steps run in the order of their dependencies";
  EXPECT_THAT(
      shape_of(steps({kA, kB, "  - {id: w, component: fake.writer, needs: [a, b], inputs: {df: b}}\n"})),
      ElementsAre("a", "b", "w <- df=b after a"))
      << "needs only orders where inputs are named";
}

TEST(Compiler, Takes_the_names_and_modes_of_the_original_program) {
  const CompileResult result = compile_text(steps(
      {"  - {id: a, component: shop.extractor, mode: extract, config: {table: t}}\n",
       "  - {id: p, component: sql.processor, mode: transform, config: {query: SELECT 1}}\n",
       "  - {id: w, component: shop.writer, mode: load, config: {table: t, connection: '@shop.other'}}\n"}));
  ASSERT_TRUE(result.manifest);
  EXPECT_EQ(result.manifest->find("a")->mode, "read");
  EXPECT_EQ(result.manifest->find("a")->connection, "@shop.main") << "the default one";
  EXPECT_EQ(result.manifest->find("p")->component, "fake.processor");
  EXPECT_EQ(result.manifest->find("w")->mode, "write");
  EXPECT_EQ(result.manifest->find("w")->connection, "@shop.other");
}

TEST(Compiler, Finds_unknown_and_wrong_names_at_their_place) {
  EXPECT_THAT(findings_in("steps:\n  - id: a\n    component: fake.extracter\n"),
              ElementsAre("3:16 oml.unknown_component: unknown component: 'fake.extracter'"));
  EXPECT_EQ(hint_in("steps:\n  - id: a\n    component: fake.extracter\n"), "did you mean 'fake.extractor'?");
  EXPECT_THAT(findings_in(steps({kA, "  - id: w\n    component: fake.writer\n    mode: wirte\n"})),
              ElementsAre("5:11 oml.unknown_mode: unknown mode: 'wirte'"));
  EXPECT_THAT(findings_in(steps({kA, "  - id: w\n    component: fake.writer\n    mode: extract\n"})),
              ElementsAre("5:11 oml.wrong_mode: fake.writer has no mode 'extract'"));
  EXPECT_THAT(findings_in(steps({kA, "  - {id: a, component: fake.writer, needs: [a]}\n"})),
              testing::Contains("3:10 oml.duplicate_id: two steps have the id 'a'"));
  EXPECT_THAT(findings_in(steps({kA, "  - id: w\n    component: fake.writer\n    needs: [aa, a]\n"})),
              ElementsAre("5:13 oml.unknown_step: unknown step: 'aa'"));
  EXPECT_THAT(
      findings_in(steps({kA, "  - id: w\n    component: fake.writer\n    inputs: {df: '${aa.df}'}\n"})),
      testing::Contains("5:18 oml.unknown_step: unknown step: 'aa'"));
}

TEST(Compiler, Finds_inputs_that_do_not_fit_the_component) {
  EXPECT_THAT(findings_in("steps:\n  - {id: w, component: fake.writer}\n"),
              ElementsAre("2:10 oml.no_input: no rows flow into the step 'w'"));
  EXPECT_THAT(findings_in(steps(
                  {kA, "  - {id: w, component: fake.writer}\n", "  - {id: v, component: fake.writer}\n"})),
              ElementsAre("4:10 oml.no_input: no rows flow into the step 'v'"));
  EXPECT_EQ(
      hint_in(steps({kA, "  - {id: w, component: fake.writer}\n", "  - {id: v, component: fake.writer}\n"})),
      "the step before it, 'w', is a writer; name a source in needs:");
  EXPECT_THAT(findings_in(steps({kA, kB, "  - {id: w, component: fake.writer, needs: [a, b]}\n"})),
              ElementsAre("4:10 oml.too_many_inputs: fake.writer takes one input, and 2 flow into 'w'"));
  EXPECT_THAT(
      findings_in(steps({kA, "  - {id: b, component: fake.extractor, inputs: {df: a}}\n",
                         "  - {id: w, component: fake.writer, needs: [b]}\n"})),
      testing::Contains("3:10 oml.unexpected_input: fake.extractor reads from outside and takes no input"));
  EXPECT_THAT(findings_in(steps({kA, "  - {id: w, component: fake.writer}\n",
                                 "  - id: v\n    component: fake.writer\n    inputs: {df: w}\n"})),
              testing::Contains("6:18 oml.no_stream: the step 'w' is a writer: no rows come out of it"));
}

TEST(Compiler, Finds_cycles_and_graphs_that_would_stand_still) {
  EXPECT_THAT(findings_in(steps({"  - {id: p, component: fake.filter, needs: [q]}\n",
                                 "  - {id: q, component: fake.filter, needs: [p]}\n"})),
              testing::Contains("3:10 oml.cycle: the steps wait for each other: q -> p -> q"));
  EXPECT_THAT(findings_in(steps({"  - {id: p, component: fake.filter, needs: [p]}\n"})),
              testing::Contains(testing::HasSubstr("oml.cycle: the steps wait for each other: p -> p")));
  EXPECT_THAT(
      findings_in(steps(
          {kA, "  - {id: p, component: fake.processor, inputs: {x: a, y: a}, config: {query: SELECT 1}}\n",
           "  - {id: w, component: fake.writer}\n"})),
      IsEmpty());
  EXPECT_THAT(
      findings_in(steps({kA, "  - {id: p, component: fake.filter, needs: [a]}\n",
                         "  - {id: q, component: fake.filter, needs: [a]}\n",
                         "  - {id: j, component: fake.processor, needs: [p, q], config: {query: SELECT 1}}\n",
                         "  - {id: w, component: fake.writer}\n"})),
      IsEmpty());
  EXPECT_THAT(
      findings_in(steps({kA, "  - {id: w, component: fake.writer, inputs: {df: a}}\n",
                         "  - {id: v, component: fake.writer, needs: [w], inputs: {df: a}}\n"})),
      ElementsAre(
          "3:10 oml.standstill: the steps 'w' and 'v' must run at the same time and one after the other"));
}

TEST(Compiler, Finds_connections_that_are_not_there_or_do_not_fit) {
  const auto of = [](const std::string& connection) {
    return findings_in(
        steps({"  - id: a\n    component: shop.extractor\n    config:\n      table: t\n      connection: " +
                   connection + "\n",
               "  - {id: w, component: fake.writer}\n"}));
  };
  EXPECT_THAT(of("'@shop.main'"), IsEmpty());
  EXPECT_THAT(of("'@shop.prod'"),
              ElementsAre("6:19 connection.unknown_alias: unknown connection: '@shop.prod'"));
  EXPECT_THAT(of("shop.main"),
              ElementsAre("6:19 connection.malformed_reference: not a connection reference: 'shop.main'"));
  EXPECT_THAT(of("'@store.main'"),
              ElementsAre("6:19 oml.wrong_family: shop.extractor cannot use the connection '@store.main'"));
  const CompileResult none = compile(steps({"  - {id: a, component: shop.extractor, config: {table: t}}\n",
                                            "  - {id: w, component: fake.writer}\n"}),
                                     "p.oml", {}, Connections(), closed_registry());
  ASSERT_EQ(none.diagnostics.sorted().size(), 1U);
  EXPECT_EQ(none.diagnostics.sorted()[0].code, "connection.no_default");
  EXPECT_EQ(none.diagnostics.sorted()[0].location.to_string(), "p.oml:2:10");
}

TEST(Compiler, Warns_of_rows_that_nobody_reads) {
  const CompileResult result = compile_text(steps({kA}));
  EXPECT_TRUE(result.manifest) << "a warning does not keep a pipeline from running";
  ASSERT_EQ(result.diagnostics.sorted().size(), 1U);
  EXPECT_EQ(result.diagnostics.sorted()[0].code, "oml.unread_step");
  EXPECT_EQ(result.diagnostics.sorted()[0].severity, Finding::Severity::kWarning);
}

TEST(Compiler, Reports_everything_at_once_in_the_order_of_the_file) {
  const auto found = findings_in(
      "nmae: x\n"
      "params: {p: 1}\n"
      "steps:\n"
      "  - id: a\n"
      "    component: shop.extractor\n"
      "    config: {query: DROP TABLE t, password: x, connection: '@shop.none'}\n"
      "  - id: w\n"
      "    component: fake.writer\n"
      "    needs: [b]\n"
      "    config: {path: '${params.q}'}\n");
  EXPECT_THAT(found, ElementsAre(testing::StartsWith("1:1 oml.unknown_key"),
                                 testing::StartsWith("4:9 oml.unread_step"),
                                 testing::StartsWith("6:21 oml.not_read_only"),
                                 testing::StartsWith("6:35 oml.inline_secret"),
                                 testing::StartsWith("6:60 connection.unknown_alias"),
                                 testing::StartsWith("9:13 oml.unknown_step"),
                                 testing::StartsWith("10:20 param.undeclared")));
}

TEST(Compiler, Names_the_step_of_each_finding) {
  const auto found = compile_text(steps({kA, "  - {id: w, component: fake.writer, config: {paht: x}}\n"}))
                         .diagnostics.sorted();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].step_id, "w");
  EXPECT_EQ(to_json(found[0])["location"], "p.oml:3:46");
}

}  // namespace
}  // namespace osiris
