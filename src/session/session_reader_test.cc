#include "session/session_reader.h"

#include <array>
#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "session/session.h"
#include "session/status_file.h"
#include "session/test_clock.h"
#include "session/test_lines.h"

namespace osiris {
namespace {

void set_age(const fs::path& file, std::int64_t age_seconds) {
  const timespec then{now_ms() / 1000 - age_seconds, 0};
  const std::array<timespec, 2> times{then, then};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0), 0);
}

/// A session as another machine's process would have left it.
fs::path foreign_session(const TestFolder& logs, const std::string& id) {
  const fs::path folder = logs.path() / id;
  fs::create_directories(folder);
  write_status(folder, {.summary = {.id = id,
                                    .kind = "run",
                                    .pipeline = {},
                                    .duration_ms = {},
                                    .manifest = {},
                                    .error = {},
                                    .folder = {}},
                        .process = {.pid = 1, .host = "elsewhere", .pid_scope = "another boot"},
                        .exit_code = {},
                        .steps = {}});
  return folder;
}

TEST(SessionReader, Lists_only_sessions_newest_first) {
  const TestFolder logs;
  for (const char* name : {"run_200", "compile_300", "compile_200", "run_1000"})
    logs.write(cat(name, "/events.jsonl"), "");
  for (const char* name : {"run_1/notes.txt", "run_2x/events.jsonl", "chat_5/events.jsonl",
                           "html/events.jsonl", "run_/events.jsonl", "run_-7/events.jsonl"}) {
    logs.write(name, "");
  }
  logs.write("run_7", "a file");
  fs::create_directory_symlink(logs.path() / "run_200", logs.path() / "run_900");

  EXPECT_EQ(session_ids(logs.path()),
            (std::vector<std::string>{"run_1000", "compile_300", "run_200", "compile_200"}));
  const std::vector<SessionSummary> newest = list_sessions(logs.path(), {.most = 2});
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[1].id, "compile_300");
  EXPECT_TRUE(session_ids(logs.path() / "nowhere").empty());
}

TEST(SessionReader, Lists_the_newest_of_those_that_match) {
  const TestFolder logs;
  const auto add = [&](std::int64_t at_ms, const std::string& pipeline, SessionStatus status) {
    Session session(logs.path(), "run", clock_at(at_ms));
    session.emit(RunStart{pipeline, "m.yaml", "sha256:0", 1, "local", "0"});
    session.end(status, 0, {});
  };
  add(1000, "orders", SessionStatus::kFailed);
  add(2000, "orders", SessionStatus::kSuccess);
  add(3000, "items", SessionStatus::kFailed);
  const auto ids = [&](const SessionFilter& filter) {
    std::string all;
    for (const SessionSummary& summary : list_sessions(logs.path(), filter)) all += summary.id + " ";
    return all;
  };
  EXPECT_EQ(ids({}), "run_3000 run_2000 run_1000 ");
  EXPECT_EQ(ids({.status = SessionStatus::kFailed}), "run_3000 run_1000 ");
  EXPECT_EQ(ids({.most = 1, .pipeline = "orders"}), "run_2000 ");
  EXPECT_EQ(ids({.since_ms = 2000}), "run_3000 run_2000 ");
  EXPECT_EQ(ids({.status = SessionStatus::kCrashed}), "");
  // What somebody deleted by hand is gone, without anything being told.
  fs::remove_all(logs.path() / "run_2000");
  EXPECT_EQ(ids({}), "run_3000 run_1000 ");
}

TEST(SessionReader, Tells_from_the_first_part_of_the_status_what_the_whole_tells) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1000));
  session.emit(RunStart{"a \"quoted\"\n  \"exit_code\": 3, name", "m.yaml", "sha256:0", 1, "local", "0"});
  session.emit(StepStart{"read", "fake.extractor", "extractor"});
  session.emit(StepComplete{"read", 7, 7, 5});
  session.end(SessionStatus::kSuccess, 0, {});
  const SessionSummary listed = list_sessions(logs.path()).at(0);
  EXPECT_EQ(to_json(listed), to_json(read_detail(session.folder()).summary));
  EXPECT_EQ(listed.total_rows, 7U);
  EXPECT_EQ(read_session_status(session.folder()), SessionStatus::kSuccess);
}

TEST(SessionReader, Finds_a_session_by_a_prefix_that_only_it_has) {
  const TestFolder logs;
  for (const char* name : {"run_100", "run_1000", "run_200"}) logs.write(cat(name, "/events.jsonl"), "");

  EXPECT_EQ(find_session(logs.path(), "run_2"), "run_200");
  EXPECT_EQ(find_session(logs.path(), "run_100"), "run_100") << "the whole id wins over a longer one";
  const auto code_of = [&](const char* id) {
    try {
      return find_session(logs.path(), id);
    } catch (const Error& error) {
      return error.code();
    }
  };
  EXPECT_EQ(code_of("run_1"), "session.ambiguous");
  EXPECT_EQ(code_of("run_3"), "session.unknown");
  EXPECT_EQ(code_of("../run_100"), "session.unknown");
}

TEST(SessionReader, Tells_of_a_failed_run_what_it_was) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1'700'000'000'000));
  const Error error(ErrorKind::kConnection, "connection.refused", "refused", "start it");
  session.emit(RunStart{
      .pipeline = "orders", .manifest = "m.yaml", .fingerprint = {}, .step_count = 2, .version = {}});
  session.emit(StepStart{"read", "mysql.extractor", "extractor"});
  session.emit(Warning{"read", "a.b", "careful", ""});
  session.emit(error_event(error));
  session.emit(StepFailed{"read", 5, 5, 30, failure_of(error)});
  session.emit(StepCancelled{"write", "step 'read' failed", 0, "filesystem.csv_writer", "writer", 0, 0});
  session.end(SessionStatus::kFailed, 1, failure_of(error));

  const SessionDetail detail = read_detail(session.folder());
  EXPECT_EQ(detail.summary.status, SessionStatus::kFailed);
  EXPECT_EQ(detail.summary.started_at_ms, 1'700'000'000'000);
  EXPECT_EQ(detail.summary.steps_ok, 0U);
  EXPECT_EQ(detail.summary.steps_total, 2U);
  EXPECT_EQ(detail.summary.error_count, 1U);
  EXPECT_EQ(detail.summary.warning_count, 1U);
  ASSERT_TRUE(detail.summary.error);
  EXPECT_EQ(detail.summary.error->code, "connection.refused");
  EXPECT_EQ(detail.exit_code, 1);
  ASSERT_EQ(detail.steps.size(), 2U);
  EXPECT_EQ(detail.steps[0].status, SessionStatus::kFailed);
  EXPECT_EQ(detail.steps[1].status, SessionStatus::kCancelled);
  EXPECT_EQ(detail.all<ErrorEvent>().size(), 1U);
  EXPECT_EQ(detail.all<Warning>().size(), 1U);
  EXPECT_EQ(detail.events.size(), 7U);

  const Json json = to_json(detail);
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["error"]["kind"], "connection");
  EXPECT_EQ(json["started_at"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(json["steps"][0]["rows_read"], 5);
}

TEST(SessionReader, Says_the_same_from_the_events_alone) {
  const TestFolder logs;
  Session session(logs.path(), "run", clock_at(1000));
  session.emit(RunStart{
      .pipeline = "orders", .manifest = "m.yaml", .fingerprint = {}, .step_count = 1, .version = {}});
  session.emit(StepStart{"read", "mysql.extractor", "extractor"});
  session.emit(StepComplete{"read", 5, 5, 30});
  session.end(SessionStatus::kSuccess, 0, std::nullopt);
  const Json with_status = to_json(read_summary(session.folder()));
  fs::remove(session.folder() / "status.json");
  EXPECT_EQ(to_json(read_summary(session.folder())), with_status);
  logs.write("run_1000/status.json", "{\"session\": \"run_10");
  EXPECT_EQ(to_json(read_summary(session.folder())), with_status);
}

TEST(SessionReader, Survives_truncated_lines_and_garbage) {
  const TestFolder logs;
  logs.write("run_5/events.jsonl",
             "{\"event\":\"run_start\",\"pipeline\":\"orders\",\"step_count\":2}\n"
             "not json\n\n[1]\n\xFF\xFE\n"
             "{\"event\":\"from_the_future\",\"x\":1}\n"
             "{\"event\":\"step_start\",\"step_id\":\"a\"}\n"
             "{\"event\":\"step_compl");
  logs.write("run_5/status.json", "garbage");
  set_age(logs.path() / "run_5/events.jsonl", 60);
  set_age(logs.path() / "run_5/status.json", 60);

  const SessionDetail detail = read_detail(logs.path() / "run_5");
  EXPECT_EQ(detail.summary.pipeline, "orders");
  EXPECT_EQ(detail.summary.status, SessionStatus::kCrashed);
  EXPECT_EQ(detail.events.size(), 3U);
  EXPECT_EQ(detail.damaged_line_count, 4U);
  ASSERT_EQ(detail.steps.size(), 1U);
  EXPECT_EQ(detail.steps[0].status, SessionStatus::kCrashed);
}

TEST(SessionReader, Survives_folders_and_pipes_where_files_should_be) {
  const TestFolder logs;
  fs::create_directories(logs.path() / "run_5/events.jsonl");
  fs::create_directories(logs.path() / "run_5/status.json");
  ASSERT_EQ(::mkfifo((logs.path() / "run_5/metrics.jsonl").c_str(), 0600), 0);
  EXPECT_EQ(read_detail(logs.path() / "run_5").summary.id, "run_5");
  EXPECT_TRUE(read_json_lines(logs.path() / "run_5/metrics.jsonl").empty());
}

TEST(SessionReader, Reads_a_session_whose_process_lives_as_running) {
  const TestFolder logs;
  const Session session(logs.path(), "run", clock_at(1000));
  for (const char* name : {"status.json", "events.jsonl", "metrics.jsonl"})
    set_age(session.folder() / name, 3600);
  EXPECT_EQ(read_summary(session.folder()).status, SessionStatus::kRunning);
}

TEST(SessionReader, Reads_a_session_whose_process_was_killed_as_crashed_at_once) {
  const TestFolder logs;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Session session(logs.path(), "run", clock_at(1000));
    ::raise(SIGKILL);
  }
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);
  ASSERT_TRUE(WIFSIGNALED(ended));
  EXPECT_EQ(read_summary(logs.path() / "run_1000").status, SessionStatus::kCrashed);
}

TEST(SessionReader, Reads_a_session_whose_process_number_was_given_to_another_as_crashed) {
  const TestFolder logs;
  const Session session(logs.path(), "run", clock_at(1000));
  auto status = read_status(session.folder());
  ASSERT_TRUE(status);
  status->process.start_ticks -= 1;
  write_status(session.folder(), *status);
  EXPECT_EQ(read_summary(session.folder()).status, SessionStatus::kCrashed);
}

TEST(SessionReader, Trusts_the_heartbeat_of_a_session_on_another_machine) {
  const TestFolder logs;
  const fs::path folder = foreign_session(logs, "run_5");
  set_age(folder / "status.json", 60);
  EXPECT_EQ(read_summary(folder).status, SessionStatus::kCrashed);
  logs.write("run_5/metrics.jsonl", "");
  EXPECT_EQ(read_summary(folder).status, SessionStatus::kRunning);
  set_age(folder / "metrics.jsonl", 12);
  EXPECT_EQ(read_summary(folder).status, SessionStatus::kCrashed);
}

TEST(SessionReader, Counts_the_bytes_that_only_the_folder_has) {
  const TestFolder project;
  project.write("logs/run_5/artifacts/a/output.csv", std::string(100, 'x'));
  fs::create_hard_link(project.path() / "logs/run_5/artifacts/a/output.csv",
                       project.path() / "logs/run_5/twice.csv");
  const fs::path outside = project.write("out.csv", std::string(1000, 'y'));
  fs::create_hard_link(outside, project.path() / "logs/run_5/artifacts/a/output_2.csv");
  fs::create_symlink(outside, project.path() / "logs/run_5/pointer");

  EXPECT_EQ(folder_size_bytes(project.path() / "logs/run_5"), 100U);
  fs::remove(outside);
  EXPECT_EQ(folder_size_bytes(project.path() / "logs/run_5"), 1100U);
}

}  // namespace
}  // namespace osiris
