#include "report/run_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// A session whose lines are these, as far as their times and names go.
RunStory story_of(const TestFolder& logs, const std::string& events, const std::string& metrics = {}) {
  logs.write("run_1700000000000/events.jsonl", events);
  logs.write("run_1700000000000/metrics.jsonl", metrics);
  return read_story(logs.path() / "run_1700000000000", {}, logs.path());
}

std::string event(int after_ms, const std::string& name, const std::string& more = {}) {
  const std::string milliseconds = std::to_string(20'000 + after_ms);
  return "{\"ts\":\"2023-11-14T22:13:" + milliseconds.substr(0, 2) + "." + milliseconds.substr(2) +
         "Z\",\"session\":\"run_1700000000000\",\"event\":\"" + name + "\"" + more + "}\n";
}

TEST(RunStory, Has_the_phases_of_a_remote_run_around_its_steps) {
  const TestFolder logs;
  const std::string step = ",\"step_id\":\"read\",\"component\":\"a.b\",\"role\":\"extractor\"";
  const RunStory story =
      story_of(logs,
               event(0, "run_start", ",\"execution\":\"e2b\"") + event(10, "sandbox_create_start") +
                   event(400, "sandbox_create_complete") + event(410, "worker_upload_start") +
                   event(500, "worker_upload_complete") + event(700, "worker_started") +
                   event(710, "step_start", step) + event(900, "step_complete", step) +
                   event(1000, "artifact_downloaded") + event(1200, "artifact_downloaded") +
                   event(1250, "sandbox_deleted"),
               "{\"ts\":\"2023-11-14T22:13:20.700Z\",\"metric\":\"e2b_bootstrap_ms\",\"value\":700,\"unit\":"
               "\"ms\",\"tags\":{}}\n");
  EXPECT_TRUE(story.is_remote());
  EXPECT_EQ(story.bootstrap_ms, 700);
  std::vector<std::string> phases;
  for (const PhaseStory& phase : story.phases)
    phases.push_back(phase.name + " " + std::to_string(phase.begin_ms) + "+" +
                     std::to_string(phase.duration_ms));
  EXPECT_THAT(phases,
              ElementsAre("create the sandbox 10+390", "upload the worker 410+90", "start the worker 500+200",
                          "download the artifacts 900+300", "delete the sandbox 1200+50"));
}

TEST(RunStory, Keeps_what_each_step_measured_over_time) {
  const TestFolder logs;
  const auto metric = [](const std::string& name, int value, const std::string& step) {
    return "{\"ts\":\"2023-11-14T22:13:21.000Z\",\"metric\":\"" + name +
           "\",\"value\":" + std::to_string(value) + ",\"tags\":{" +
           (step.empty() ? "" : "\"step\":\"" + step + "\"") + "}}\n";
  };
  const RunStory story = story_of(logs, event(0, "run_start"),
                                  metric("rows_read", 5, "read") + metric("queue_bytes", 2'000'000, "read") +
                                      metric("memory_usage_mb", 30, ""));
  ASSERT_THAT(story.steps, SizeIs(1));
  EXPECT_THAT(story.steps[0].rows_so_far, ElementsAre(std::pair(1000.0, 5.0)));
  EXPECT_THAT(story.steps[0].held_mb, ElementsAre(std::pair(1000.0, 2.0)));
  EXPECT_THAT(story.memory_mb, ElementsAre(std::pair(1000.0, 30.0)));
}

}  // namespace
}  // namespace osiris
