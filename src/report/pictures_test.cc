#include "report/pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

StepStory step(const std::string& id, std::int64_t begin_ms, std::int64_t duration_ms,
               const std::vector<std::string>& inputs = {}) {
  StepStory step;
  step.id = id;
  step.component = "fake.step";
  step.status = SessionStatus::kSuccess;
  step.begin_ms = begin_ms;
  step.duration_ms = duration_ms;
  for (const std::string& input : inputs) step.inputs.push_back({input, input});
  return step;
}

RunStory story_of(std::vector<StepStory> steps) {
  RunStory story;
  story.manifest.emplace();
  story.steps = std::move(steps);
  return story;
}

TEST(CriticalPath, Goes_back_from_the_step_that_ends_last) {
  EXPECT_THAT(critical_path(story_of({step("a", 0, 50), step("b", 0, 80), step("c", 60, 40, {"a", "b"}),
                                      step("d", 50, 10, {"a"})})),
              ElementsAre("b", "c"));
  EXPECT_THAT(critical_path(story_of({})), ElementsAre());
}

TEST(Timeline, Has_a_bar_for_each_step_and_says_which_never_started) {
  StepStory idle = step("idle", 0, 0);
  idle.begin_ms.reset();
  const std::string drawing = draw_timeline(story_of({step("a<b", 0, 50), idle}));
  EXPECT_THAT(drawing, HasSubstr("a&lt;b"));
  EXPECT_THAT(drawing, HasSubstr("never started"));
  EXPECT_THAT(drawing, HasSubstr("href=\"#step-2\""));
  EXPECT_THAT(drawing, Not(HasSubstr("nan")));
}

TEST(Graph, Has_an_edge_for_each_stream_with_its_rows) {
  StepStory source = step("source", 0, 1);
  source.rows_written = 1234;
  const std::string drawing = draw_graph(story_of({source, step("sink", 0, 1, {"source"})}));
  EXPECT_THAT(drawing, HasSubstr("class=\"edge\""));
  EXPECT_THAT(drawing, HasSubstr(">1,234<"));
  EXPECT_EQ(draw_graph(story_of({source})), "");
}

TEST(Bottleneck, Is_the_step_that_worked_longest) {
  StepStory reads = step("reads", 0, 1000), writes = step("writes", 0, 1000, {"reads"});
  reads.busy_ms = 100;
  writes.busy_ms = 900;
  writes.role = "writer";
  EXPECT_THAT(bottleneck_sentence(story_of({reads, writes})),
              HasSubstr("'writes' (fake.step) worked longest: 900 ms, 90 %"));
  EXPECT_EQ(bottleneck_sentence(story_of({step("unknown", 0, 1)})), "");
}

}  // namespace
}  // namespace osiris
