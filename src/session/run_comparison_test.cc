#include "session/run_comparison.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "session/session.h"

namespace osiris {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kManifest = R"(steps:
  - id: read
    component: fake.extractor
    config:
      table: orders
      limit: 10
    location: "p.oml:3:1"
  - id: gone
    component: fake.writer
    config: {}
    location: "p.oml:6:1"
)";

struct Told {
  std::string fingerprint = "sha256:a", manifest = kManifest, host = "old", type = "text";
  std::uint64_t rows = 10;
  std::int64_t duration_ms = 100;
  std::string last_step = "gone";
};

SessionDetail run(const TestFolder& logs, std::int64_t at_ms, const Told& told) {
  Session session(logs.path(), "run", [at_ms] { return at_ms; });
  std::ofstream(session.manifest_path()) << told.manifest;
  session.emit(RunStart{"orders", "m.yaml", told.fingerprint, 2, "local", "0"});
  session.emit(StepStart{"read", "fake.extractor", "extractor"});
  session.emit(ConnectionResolveComplete{"read", "fake", "main", true, {{"host", told.host}, {"port", 1}}});
  session.emit(ConnectionOpenComplete{"read", "fake", "main", "Fake 1", 3});
  session.metric("bytes_read", static_cast<double>(told.rows) * 5, "bytes", "read");
  session.emit(StepSchema{"read", "output", {{"id", "int64", "", 0}, {"name", told.type, "", 0}}});
  session.emit(StepComplete{"read", told.rows, told.rows, told.duration_ms});
  session.emit(StepStart{told.last_step, "fake.writer", "writer"});
  session.emit(StepComplete{told.last_step, told.rows, told.rows, 1});
  session.end(SessionStatus::kSuccess, 0, {});
  return read_detail(session.folder());
}

TEST(RunComparison, Of_a_run_with_its_like_tells_no_difference) {
  const TestFolder logs;
  const RunComparison same = compare_runs(run(logs, 1000, {}), run(logs, 2000, {}));
  EXPECT_TRUE(same.has_same_manifest());
  EXPECT_THAT(same.connections, IsEmpty());
  ASSERT_THAT(same.steps, SizeIs(2));
  for (const StepComparison& step : same.steps) {
    EXPECT_THAT(step.config, IsEmpty());
    EXPECT_THAT(step.columns, IsEmpty());
  }
}

TEST(RunComparison, Tells_what_differs_step_by_step) {
  const TestFolder logs;
  std::string changed = kManifest;
  changed.replace(changed.find("limit: 10"), 9, "limit: 20");
  changed.replace(changed.find("id: gone"), 8, "id: new");
  changed.replace(changed.find("p.oml:3:1"), 9, "p.oml:9:9");
  const Told now{"sha256:b", changed, "new", "json", 20, 250, "new"};
  const RunComparison runs = compare_runs(run(logs, 1000, {}), run(logs, 2000, now));

  EXPECT_FALSE(runs.has_same_manifest());
  ASSERT_THAT(runs.steps, SizeIs(3));
  const StepComparison& read = runs.steps[0];
  EXPECT_EQ(read.step_id, "read");
  EXPECT_EQ(read.before->rows_written, 10U);
  EXPECT_EQ(read.after->rows_written, 20U);
  EXPECT_EQ(read.after->duration_ms, 250);
  EXPECT_EQ(read.before->bytes_read, 50U);
  EXPECT_EQ(read.after->bytes_read, 100U);
  ASSERT_THAT(read.config, SizeIs(1)) << "a step that moved to another line has not changed";
  EXPECT_EQ(read.config[0].name, "config.limit");
  EXPECT_EQ(read.config[0].before, 10);
  EXPECT_EQ(read.config[0].after, 20);
  ASSERT_THAT(read.columns, SizeIs(1));
  EXPECT_EQ(read.columns[0].name, "name");
  EXPECT_EQ(read.columns[0].type_before, "text");
  EXPECT_EQ(read.columns[0].type_after, "json");
  EXPECT_EQ(runs.steps[1].step_id, "new");
  EXPECT_FALSE(runs.steps[1].before);
  EXPECT_EQ(runs.steps[2].step_id, "gone");
  EXPECT_FALSE(runs.steps[2].after);
  ASSERT_THAT(runs.connections, SizeIs(1));
  EXPECT_EQ(runs.connections[0].reference, "@fake.main");
  ASSERT_THAT(runs.connections[0].fields, SizeIs(1));
  EXPECT_EQ(runs.connections[0].fields[0].name, "host");
  EXPECT_EQ(runs.connections[0].fields[0].after, "new");
  const Json json = to_json(runs);
  EXPECT_EQ(json["same_manifest"], false);
  EXPECT_EQ(json["steps"][0]["after"]["rows_written"], 20);
  EXPECT_EQ(json["steps"][1]["before"], nullptr);
}

TEST(RunComparison, Tells_columns_that_came_and_went) {
  const TestFolder logs;
  const SessionDetail before = run(logs, 1000, {});
  SessionDetail after = run(logs, 2000, {});
  after.events.emplace_back().known =
      StepSchema{"read", "output", {{"id", "int64", "", 0}, {"extra", "text", "", 0}}};
  const RunComparison runs = compare_runs(before, after);
  ASSERT_THAT(runs.steps[0].columns, SizeIs(2));
  EXPECT_EQ(runs.steps[0].columns[0].name, "extra");
  EXPECT_EQ(runs.steps[0].columns[0].type_before, "");
  EXPECT_EQ(runs.steps[0].columns[1].name, "name");
  EXPECT_EQ(runs.steps[0].columns[1].type_after, "");
}

TEST(RunComparison, Takes_a_session_that_has_nothing_but_a_name) {
  const TestFolder logs;
  logs.write("run_5/events.jsonl", "");
  const SessionDetail empty = read_detail(logs.path() / "run_5");
  const RunComparison runs = compare_runs(empty, run(logs, 1000, {}));
  EXPECT_FALSE(runs.has_same_manifest());
  EXPECT_FALSE(runs.steps[0].before);
  EXPECT_THAT(compare_runs(empty, empty).steps, IsEmpty());
}

}  // namespace
}  // namespace osiris
