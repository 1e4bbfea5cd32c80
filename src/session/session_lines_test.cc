#include "session/session_lines.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "session/session.h"
#include "session/session_reader.h"
#include "session/test_clock.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// A session in which two steps have told something.
void tell(Session& session) {
  session.emit(RunStart{"orders", "m.yaml", "sha256:0", 2, "local", "0"});
  session.emit(StepStart{"read", "fake.extractor", "extractor"});
  session.emit(
      Warning{"read", "test.code", "first\n2000-01-01 00:00:00.000 INFO    write forged", "do this"});
  session.emit(StepStart{"write", "fake.writer", "writer"});
  session.metric("rows_read", 3, "rows", "read");
  session.metric("memory_usage_mb", 3, "MB", "");
}

TEST(SessionLines, Are_those_of_the_step_that_was_asked_for) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1000));
  tell(session);
  const auto lines = [&](SessionFile file, const char* step) {
    return session_lines(session.folder(), file, step);
  };
  EXPECT_THAT(lines(SessionFile::kEvents, ""), SizeIs(4));
  EXPECT_THAT(lines(SessionFile::kEvents, "write"), ElementsAre(HasSubstr("step_start")));
  EXPECT_THAT(lines(SessionFile::kMetrics, ""), SizeIs(2));
  EXPECT_THAT(lines(SessionFile::kMetrics, "read"), ElementsAre(HasSubstr("rows_read")));
  EXPECT_THAT(lines(SessionFile::kLog, "read"),
              ElementsAre(HasSubstr("started"), HasSubstr("forged"), HasSubstr("    hint: do this")));
  EXPECT_THAT(lines(SessionFile::kLog, "rea"), SizeIs(0));
  EXPECT_THAT(session_lines(logs.path() / "nowhere", SessionFile::kLog, ""), SizeIs(0));
}

TEST(SessionLines, Of_the_log_come_apart_again) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1000));
  tell(session);
  const auto entries = log_entries(session_lines(session.folder(), SessionFile::kLog, ""));
  ASSERT_THAT(entries, SizeIs(4));
  EXPECT_EQ(entries[0].step_id, "");
  EXPECT_EQ(entries[0].level, "INFO");
  EXPECT_EQ(entries[0].message, "run of orders, 2 steps, local");
  EXPECT_EQ(entries[2].step_id, "read");
  EXPECT_EQ(entries[2].level, "WARNING");
  EXPECT_THAT(entries[2].message, HasSubstr("[test.code]\nhint: do this"));
  EXPECT_EQ(json_of(entries)[3]["message"], "started, fake.writer");
}

TEST(SessionLines, That_are_no_objects_are_no_json) {
  EXPECT_EQ(json_of_lines({R"({"a":1})", R"({"half":)", "7", ""}), Json::array({Json{{"a", 1}}}));
}

TEST(Following, Hands_over_what_is_there_and_what_comes_until_the_end) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1000));
  tell(session);
  Cancellation cancellation;
  std::vector<std::string> seen;
  std::atomic<bool> has_begun = false;
  std::jthread writer([&] {
    has_begun.wait(false);
    session.emit(StepComplete{"write", 3, 3, 1});
    session.end(SessionStatus::kSuccess, 0, {});
  });
  const auto status = follow_session(
      session.folder(), SessionFile::kEvents, "",
      [&](std::string_view line) {
        seen.emplace_back(line);
        has_begun = true;
        has_begun.notify_all();
      },
      cancellation);
  EXPECT_EQ(status, SessionStatus::kSuccess);
  ASSERT_THAT(seen, SizeIs(6));
  EXPECT_THAT(seen.back(), HasSubstr("run_end"));
}

TEST(Following, Keeps_half_a_line_until_the_other_half_comes) {
  const TestFolder logs;
  const fs::path file = logs.write("run_1000/events.jsonl", "{\"whole\":1}\n{\"half");
  Cancellation cancellation;
  std::vector<std::string> seen;
  const auto status = follow_session(
      logs.path() / "run_1000", SessionFile::kEvents, "",
      [&](std::string_view line) {
        seen.emplace_back(line);
        if (seen.size() == 1) std::ofstream(file, std::ios::app) << "\":2}\n";
        if (seen.size() == 2) cancellation.cancel();
      },
      cancellation);
  EXPECT_EQ(status, std::nullopt);
  EXPECT_THAT(seen, ElementsAre(R"({"whole":1})", R"({"half":2})"));
}

}  // namespace
}  // namespace osiris
