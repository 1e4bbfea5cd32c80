#include "session/session.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "session/session_reader.h"
#include "session/test_lines.h"

namespace osiris {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'123;

Clock fixed_clock() {
  return [] { return kStart; };
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines = split(read_file(file), '\n');
  EXPECT_EQ(lines.back(), "") << "the last line ends";
  lines.pop_back();
  return lines;
}

ino_t inode(const fs::path& path) {
  struct stat facts {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_ino;
}

TEST(Session, Has_its_files_and_says_that_it_runs_from_the_first_moment) {
  const TestFolder logs;
  const Session session(logs.path(), "run", fixed_clock());

  EXPECT_EQ(session.id(), "run_1700000000123");
  EXPECT_EQ(session.folder(), logs.path() / "run_1700000000123");
  for (const char* name : {"events.jsonl", "metrics.jsonl", "osiris.log"}) {
    EXPECT_EQ(read_file(session.folder() / name), "");
  }
  const Json status = Json::parse(read_file(session.folder() / "status.json"));
  EXPECT_EQ(status["status"], "running");
  EXPECT_EQ(status["started_at"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(status["process"]["pid"], ::getpid());
}

TEST(Session, Takes_the_next_free_millisecond_when_its_name_is_taken) {
  const TestFolder logs;
  fs::create_directory(logs.path() / "run_1700000000123");
  std::ofstream(logs.path() / "run_1700000000124") << "a file holds a name too";
  const Session first(logs.path(), "run", fixed_clock());
  const Session second(logs.path(), "run", fixed_clock());
  const Session compile(logs.path(), "compile", fixed_clock());

  EXPECT_EQ(first.id(), "run_1700000000125");
  EXPECT_EQ(second.id(), "run_1700000000126");
  EXPECT_EQ(compile.id(), "compile_1700000000123");
}

TEST(Session, Gives_every_one_of_many_starters_its_own_folder) {
  const TestFolder logs;
  std::vector<std::string> ids(8);
  {
    std::vector<std::jthread> starters;
    for (std::string& id : ids) {
      starters.emplace_back([&logs, &id] { id = Session(logs.path(), "run", fixed_clock()).id(); });
    }
  }
  std::ranges::sort(ids);
  for (std::size_t index = 0; index < ids.size(); ++index) {
    EXPECT_EQ(ids[index], cat("run_", kStart + static_cast<std::int64_t>(index)));
  }
}

TEST(Session, Writes_an_event_as_one_json_line_and_one_log_line) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  session.emit(StepComplete{.step_id = "load", .rows_read = 1000, .rows_written = 999, .duration_ms = 25});

  EXPECT_EQ(read_file(session.folder() / "events.jsonl"),
            R"({"ts":"2023-11-14T22:13:20.123Z","session":"run_1700000000123","event":"step_complete",)"
            R"("step_id":"load","rows_read":1000,"rows_written":999,"duration_ms":25})"
            "\n");
  const std::string log = read_file(session.folder() / "osiris.log");
  EXPECT_EQ(log.substr(std::string("2023-11-14 22:13:20.123").size()),
            " INFO    load complete in 25 ms: 1,000 rows in, 999 rows out\n");
}

TEST(Session, Writes_a_metric_with_its_unit_and_step) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  session.metric("rows_read", 1000, "rows", "extract");
  session.metric("memory_usage_mb", 12.5, "MB", "");

  const auto lines = lines_of(session.folder() / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0],
            R"({"ts":"2023-11-14T22:13:20.123Z","session":"run_1700000000123","metric":"rows_read",)"
            R"("value":1000,"unit":"rows","tags":{"step":"extract"}})");
  EXPECT_EQ(lines[1], R"({"ts":"2023-11-14T22:13:20.123Z","session":"run_1700000000123",)"
                      R"("metric":"memory_usage_mb","value":12.5,"unit":"MB","tags":{}})");
}

TEST(Session, Keeps_lines_whole_when_threads_emit_at_once) {
  constexpr int kThreads = 8;
  constexpr int kEventsEach = 200;
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&session, thread] {
        const std::string step = cat("step_", thread);
        for (int count = 0; count < kEventsEach; ++count) {
          session.emit(
              Warning{.step_id = step, .code = "test.many", .message = std::string(500, 'x'), .hint = {}});
          session.metric("rows_read", count, "rows", step);
        }
      });
    }
  }
  std::uint64_t damaged = 0;
  EXPECT_EQ(read_json_lines(session.folder() / "events.jsonl", &damaged).size(), 1600U);
  EXPECT_EQ(read_json_lines(session.folder() / "metrics.jsonl", &damaged).size(), 1600U);
  EXPECT_EQ(lines_of(session.folder() / "osiris.log").size(), 1600U);
  EXPECT_EQ(damaged, 0U);
  EXPECT_EQ(session.tally().warning_count, 1600U);
}

TEST(Session, Writes_bytes_that_are_no_utf8_as_readable_lines) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  session.emit(Warning{
      .step_id = {}, .code = "test.bytes", .message = "bad \xFF byte\nsecond \x1B[31mline", .hint = {}});

  const auto events = read_json_lines(session.folder() / "events.jsonl");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["message"], "bad \xEF\xBF\xBD byte\nsecond \x1B[31mline");
  const auto log = lines_of(session.folder() / "osiris.log");
  ASSERT_EQ(log.size(), 1U) << "a value cannot begin a line of its own";
  EXPECT_TRUE(log[0].ends_with(R"(WARNING - bad )"
                               "\xEF\xBF\xBD"
                               R"( byte\nsecond \x1b[31mline [test.bytes])"))
      << log[0];
}

TEST(Session, Ends_with_the_sums_of_its_events) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  session.emit(RunStart{.pipeline = "orders",
                        .manifest = "logs/x/manifest.yaml",
                        .fingerprint = {},
                        .step_count = 2,
                        .version = "0"});
  session.emit(StepStart{.step_id = "read", .component = "mysql.extractor", .role = "extractor"});
  session.emit(StepStart{.step_id = "write", .component = "filesystem.csv_writer", .role = "writer"});
  session.emit(StepComplete{.step_id = "read", .rows_read = 10, .rows_written = 10, .duration_ms = 1});
  session.emit(StepComplete{.step_id = "write", .rows_read = 10, .rows_written = 7, .duration_ms = 2});
  session.end(SessionStatus::kSuccess, 0, std::nullopt);

  const Json last = read_json_lines(session.folder() / "events.jsonl").back();
  EXPECT_EQ(last["event"], "run_end");
  EXPECT_EQ(last["status"], "success");
  EXPECT_EQ(last["total_rows"], 7);
  EXPECT_GT(last["peak_memory_mb"], 1);
  EXPECT_FALSE(last.contains("error"));

  session.emit(Warning{.step_id = {}, .code = "test.late", .message = "too late", .hint = {}});
  session.metric("rows_read", 1, "rows", "read");
  EXPECT_EQ(read_json_lines(session.folder() / "events.jsonl").size(), 6U) << "nothing follows run_end";
  EXPECT_TRUE(read_json_lines(session.folder() / "metrics.jsonl").empty());

  const Json status = Json::parse(read_file(session.folder() / "status.json"));
  EXPECT_EQ(status["status"], "success");
  EXPECT_EQ(status["exit_code"], 0);
  EXPECT_EQ(status["pipeline"], "orders");
  EXPECT_EQ(status["total_rows"], 7);
  EXPECT_EQ(status["steps_ok"], 2);
  EXPECT_EQ(status["steps_total"], 2);
  ASSERT_EQ(status["steps"].size(), 2U);
  EXPECT_EQ(status["steps"][1]["status"], "success");
  EXPECT_EQ(status["steps"][1]["rows_written"], 7);
  EXPECT_EQ(status["steps"][1]["duration_ms"], 2);
}

TEST(Session, Ends_without_run_end_when_nothing_ran) {
  const TestFolder logs;
  Session session(logs.path(), "compile", fixed_clock());
  session.emit(CompileComplete{
      .pipeline = "orders", .oml = "orders.oml", .manifest = "m.yaml", .fingerprint = "sha256:0"});
  session.end(SessionStatus::kSuccess, 0, std::nullopt);

  EXPECT_EQ(read_json_lines(session.folder() / "events.jsonl").size(), 1U);
  const SessionSummary summary = read_summary(session.folder());
  EXPECT_EQ(summary.kind, "compile");
  EXPECT_EQ(summary.status, SessionStatus::kSuccess);
  EXPECT_EQ(summary.pipeline, "orders");
  EXPECT_EQ(summary.manifest, "m.yaml");
}

TEST(Session, Keeps_a_delivered_file_as_a_hard_link) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  const fs::path target = project.write("out/customers.csv", "id\n1\n");
  session.add_artifact(
      {.step_id = "write", .target = target, .target_name = "out/customers.csv", .sha256 = {}});

  const fs::path kept = session.folder() / "artifacts/write/output.csv";
  EXPECT_EQ(inode(kept), inode(target));
  const Json event = read_json_lines(session.folder() / "events.jsonl").back();
  EXPECT_EQ(event["event"], "artifact_written");
  EXPECT_EQ(event["path"], "artifacts/write/output.csv");
  EXPECT_EQ(event["target"], "out/customers.csv");
  EXPECT_EQ(event["size_bytes"], 5);
  EXPECT_EQ(event["sha256"], fingerprint("id\n1\n"));
}

TEST(Session, Copies_a_file_that_is_written_in_place) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  const fs::path target = project.write("log.csv", "1\n");
  session.add_artifact(
      {.step_id = "write", .target = target, .target_name = {}, .written_in_place = true, .sha256 = {}});
  std::ofstream(target, std::ios::app) << "2\n";

  const fs::path folder = session.folder() / "artifacts/write";
  EXPECT_EQ(read_file(folder / "output.csv"), "1\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1)
      << "nothing unfinished stays";
}

TEST(Session, Follows_a_symbolic_link_to_what_was_delivered) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  const fs::path target = project.write("real.csv", "1\n");
  fs::create_symlink(target, project.path() / "alias.csv");
  session.add_artifact(
      {.step_id = "write", .target = project.path() / "alias.csv", .target_name = {}, .sha256 = {}});

  const fs::path kept = session.folder() / "artifacts/write/output.csv";
  EXPECT_FALSE(fs::is_symlink(kept));
  EXPECT_EQ(inode(kept), inode(target));
}

TEST(Session, Numbers_the_second_file_of_a_step) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  session.add_artifact(
      {.step_id = "write", .target = project.write("a.csv", "a"), .target_name = {}, .sha256 = {}});
  session.add_artifact({.step_id = "write",
                        .target = project.write("b.csv", "b"),
                        .target_name = {},
                        .written_in_place = true,
                        .sha256 = {}});
  EXPECT_EQ(read_file(session.folder() / "artifacts/write/output.csv"), "a");
  EXPECT_EQ(read_file(session.folder() / "artifacts/write/output_2.csv"), "b");
}

TEST(Session, Leaves_a_file_that_was_written_among_the_artifacts) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  const fs::path target = session.artifact_folder("write") / "output.csv";
  std::ofstream(target) << "1\n";
  session.add_artifact({.step_id = "write", .target = target, .target_name = {}, .sha256 = "sha256:told"});

  const Json event = read_json_lines(session.folder() / "events.jsonl").back();
  EXPECT_EQ(event["path"], "artifacts/write/output.csv");
  EXPECT_FALSE(event.contains("target"));
  EXPECT_EQ(event["sha256"], "sha256:told");
  EXPECT_FALSE(fs::exists(session.folder() / "artifacts/write/output_2.csv"));
}

TEST(Session, Hashes_a_file_and_leaves_a_device_alone) {
  const TestFolder project;
  Session session(project.path() / "logs", "run", fixed_clock());
  const fs::path target = project.write("a.csv", "abc");
  session.add_artifact({.step_id = "write", .target = target, .target_name = {}, .sha256 = {}});
  session.add_artifact({.step_id = "write", .target = "/dev/null", .target_name = {}, .sha256 = {}});

  const auto events = read_json_lines(session.folder() / "events.jsonl");
  ASSERT_EQ(events.size(), 1U);
  // Source: FIPS 180-4, the example of a one-block message.
  EXPECT_EQ(events[0]["sha256"], "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Session, Refuses_a_step_id_that_leaves_the_folder) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  EXPECT_THROW(session.artifact_folder("../../etc"), Error);
  EXPECT_THROW(session.artifact_folder(".."), Error);
  EXPECT_THROW(session.artifact_folder(""), Error);
}

/// Lets files of this process grow to `size_bytes` only, as a full disk would; undone when it goes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size_bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Session, Goes_on_with_whole_lines_when_a_line_cannot_be_written_and_tells_at_the_end) {
  const TestFolder logs;
  Session session(logs.path(), "run", fixed_clock());
  session.emit(RunStart{.pipeline = "orders", .manifest = {}, .fingerprint = {}, .version = {}});
  const std::string before = read_file(session.folder() / "events.jsonl");
  {
    const FileSizeLimit limit(before.size() + 20);
    session.emit(Warning{.step_id = {}, .code = "test.lost", .message = "does not fit", .hint = {}});
    EXPECT_EQ(read_file(session.folder() / "events.jsonl"), before) << "half a line does not stay";
  }
  EXPECT_THROW(session.end(SessionStatus::kSuccess, 0, std::nullopt), Error);
  const auto events = read_json_lines(session.folder() / "events.jsonl");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1]["event"], "run_end");
  EXPECT_EQ(read_summary(session.folder()).status, SessionStatus::kSuccess);
}

}  // namespace
}  // namespace osiris
