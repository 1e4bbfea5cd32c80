#include "run/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "run/fake_components.h"

namespace osiris {
namespace {

using testing::ElementsAre;

Plan plan_of(const Manifest& manifest, FakeComponents& components, const FakeProject& project) {
  Cancellation never;
  return make_plan(manifest, project.project(), components.registry(), never);
}

TEST(Plan, Shows_each_step_and_what_flows_into_it_without_opening_one) {
  FakeProject project;
  FakeComponents components;
  Manifest manifest;
  manifest.name = "daily";
  manifest.steps = {fake_step("a", "fake.extractor", {}), fake_step("w", "shop.writer", {"a"})};
  const Plan plan = plan_of(manifest, components, project);
  EXPECT_FALSE(plan.has_errors());
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_THAT(plan.steps[1].preview.reads, ElementsAre("a known"));
  EXPECT_THAT(plan.steps[1].preview.notes, ElementsAre("a note of the preview", "a note of the component"));
  EXPECT_EQ(components.facts("a").opens, 0);
  EXPECT_FALSE(fs::exists(project.project().logs_folder())) << "nothing is written";

  const Json json = to_json(plan, manifest);
  EXPECT_EQ(json["pipeline"], "daily");
  EXPECT_EQ(json["steps"][0]["columns"].dump(), R"([{"name":"id","type":"bigint"}])");
  EXPECT_EQ(json["steps"][1]["connection"], "@shop.main");
  EXPECT_EQ(json["steps"][1]["inputs"], Json::array({"a"}));
}

TEST(Plan, Goes_on_after_a_step_that_cannot_be_looked_at) {
  FakeProject project;
  FakeComponents components;
  Manifest manifest;
  manifest.steps = {fake_step("unreachable", "fake.extractor", {}),
                    fake_step("w", "fake.writer", {"unreachable"}), fake_step("x", "no.such", {}),
                    fake_step("y", "shop.writer", {"x"})};
  manifest.steps[3].connection = "@shop.unset";
  const Plan plan = plan_of(manifest, components, project);
  EXPECT_TRUE(plan.has_errors());
  EXPECT_EQ(plan.steps[0].error->code(), "fake.failure");
  EXPECT_EQ(plan.steps[0].error->step(), "unreachable");
  EXPECT_FALSE(plan.steps[1].error);
  EXPECT_THAT(plan.steps[1].preview.reads, ElementsAre("unreachable unknown"));
  EXPECT_EQ(plan.steps[2].error->code(), "manifest.unknown_component");
  EXPECT_EQ(plan.steps[3].error->code(), "connection.missing_variable");
  EXPECT_EQ(to_json(plan, manifest)["steps"][0]["error"]["code"], "fake.failure");
}

TEST(Plan, Is_given_up_by_a_cancel) {
  FakeProject project;
  FakeComponents components;
  Manifest manifest;
  manifest.steps = {fake_step("a", "fake.extractor", {})};
  Cancellation cancelled;
  cancelled.cancel();
  EXPECT_THAT(error_of([&] { make_plan(manifest, project.project(), components.registry(), cancelled); }),
              testing::StartsWith("run.cancelled"));
}

}  // namespace
}  // namespace osiris
