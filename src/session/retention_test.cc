#include "session/retention.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "session/last_compile.h"
#include "session/session.h"
#include "session/session_reader.h"

namespace osiris {
namespace {

constexpr std::int64_t kNow = 1'000'000;

/// Leaves an ended session of about `size_bytes`.
void add_session(const TestFolder& logs, const std::string& id, std::size_t size_bytes = 0) {
  logs.write(cat(id, "/status.json"), R"({"status":"success"})");
  logs.write(cat(id, "/artifacts/a/output.csv"), std::string(size_bytes, 'x'));
}

std::vector<std::string> doomed_ids(const RetentionPlan& plan) {
  std::vector<std::string> ids;
  for (const DoomedSession& session : plan.doomed) ids.push_back(session.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST(Retention, Keeps_the_newest_and_the_last_compile) {
  const TestFolder logs;
  for (const char* id : {"compile_100", "run_200", "run_300", "compile_400", "run_500"})
    add_session(logs, id);
  write_last_compile(logs.path(), {"logs/compile_400/compile_400/manifest.yaml", "pipeline.oml", "sha256:0"});
  const RetentionPlan plan =
      plan_retention(logs.path(), {.keep_recent = 1, .older_than_ms = {}, .max_size_bytes = {}}, kNow);

  EXPECT_EQ(doomed_ids(plan), (Ids{"compile_100", "run_200", "run_300"}));
  EXPECT_EQ(plan.doomed[0].reason, "not among the newest 1");
  ASSERT_EQ(plan.spared.size(), 1U);
  EXPECT_EQ(plan.spared[0].id, "compile_400");
  EXPECT_EQ(plan.kept_count, 2U);

  delete_sessions(plan);
  EXPECT_EQ(session_ids(logs.path()), (Ids{"run_500", "compile_400"}));
  EXPECT_FALSE(fs::exists(logs.path() / "run_200"));
  EXPECT_TRUE(read_last_compile(logs.path()));
}

TEST(Retention, Keeps_everything_when_no_rule_is_set_or_enough_is_kept) {
  const TestFolder logs;
  for (const char* id : {"run_100", "run_200"}) add_session(logs, id);
  EXPECT_TRUE(plan_retention(logs.path(), {}, kNow).doomed.empty());
  EXPECT_TRUE(plan_retention(logs.path(), {.keep_recent = 5, .older_than_ms = {}, .max_size_bytes = {}}, kNow)
                  .doomed.empty());
}

TEST(Retention, Deletes_what_is_older_but_never_the_newest_that_are_kept) {
  const TestFolder logs;
  for (const char* id : {"run_100", "run_200", "run_900000"}) add_session(logs, id);
  EXPECT_EQ(doomed_ids(plan_retention(
                logs.path(), {.keep_recent = {}, .older_than_ms = 500'000, .max_size_bytes = {}}, kNow)),
            (Ids{"run_100", "run_200"}));
  EXPECT_EQ(doomed_ids(plan_retention(
                logs.path(), {.keep_recent = 2, .older_than_ms = 500'000, .max_size_bytes = {}}, kNow)),
            (Ids{"run_100"}));
}

TEST(Retention, Deletes_the_oldest_until_the_rest_fits) {
  const TestFolder logs;
  for (const char* id : {"run_100", "run_200", "run_300"}) add_session(logs, id, 1000);
  const RetentionPlan plan =
      plan_retention(logs.path(), {.keep_recent = {}, .older_than_ms = {}, .max_size_bytes = 2500}, kNow);
  EXPECT_EQ(doomed_ids(plan), (Ids{"run_100"}));
  EXPECT_EQ(plan.freed_bytes(), 1000 + std::string(R"({"status":"success"})").size());
  EXPECT_EQ(doomed_ids(plan_retention(logs.path(),
                                      {.keep_recent = 1, .older_than_ms = {}, .max_size_bytes = 0}, kNow)),
            (Ids{"run_100", "run_200"}));
}

TEST(Retention, Spares_a_running_session) {
  const TestFolder logs;
  const Session running(logs.path(), "run", [] { return std::int64_t{100}; });
  add_session(logs, "run_200");
  const RetentionPlan plan =
      plan_retention(logs.path(), {.keep_recent = 0, .older_than_ms = {}, .max_size_bytes = {}}, kNow);
  EXPECT_EQ(doomed_ids(plan), (Ids{"run_200"}));
  ASSERT_EQ(plan.spared.size(), 1U);
  EXPECT_EQ(plan.spared[0].reason, "it runs");
}

TEST(Retention, Deletes_neither_what_is_not_ours_nor_what_links_point_at) {
  const TestFolder project;
  const fs::path logs = project.path() / "logs";
  const fs::path precious = project.write("precious/data.csv", "1\n");
  project.write("logs/run_5/notes.txt", "not a session");
  project.write("logs/html/index.html", "report");
  project.write("logs/run_10/status.json", R"({"status":"failed"})");
  fs::create_directory_symlink(precious.parent_path(), logs / "run_10/artifacts");
  fs::create_directory_symlink(precious.parent_path(), logs / "run_20");

  delete_sessions(plan_retention(logs, {.keep_recent = 0, .older_than_ms = {}, .max_size_bytes = {}}, kNow));
  EXPECT_FALSE(fs::exists(logs / "run_10"));
  EXPECT_TRUE(fs::exists(logs / "run_20"));
  EXPECT_TRUE(fs::exists(logs / "run_5/notes.txt"));
  EXPECT_TRUE(fs::exists(logs / "html/index.html"));
  EXPECT_EQ(read_file(precious), "1\n");
}

TEST(Retention, Takes_a_session_that_vanished_meanwhile_as_deleted) {
  const TestFolder logs;
  for (const char* id : {"run_100", "run_200"}) add_session(logs, id);
  const RetentionPlan plan =
      plan_retention(logs.path(), {.keep_recent = 0, .older_than_ms = {}, .max_size_bytes = {}}, kNow);
  fs::remove_all(logs.path() / "run_100");
  EXPECT_NO_THROW(delete_sessions(plan));
  EXPECT_TRUE(session_ids(logs.path()).empty());
}

TEST(LastCompile, Reads_back_and_is_nothing_when_missing_or_damaged) {
  const TestFolder logs;
  EXPECT_FALSE(read_last_compile(logs.path()));
  write_last_compile(logs.path(), {"logs/compile_1/compile_1/manifest.yaml", "a b.oml", "sha256:ab"});
  const auto last = read_last_compile(logs.path());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->manifest, "logs/compile_1/compile_1/manifest.yaml");
  EXPECT_EQ(last->oml, "a b.oml");
  EXPECT_EQ(last->oml_fingerprint, "sha256:ab");
  logs.write(".last_compile", R"({"manifest": "logs/comp)");
  EXPECT_FALSE(read_last_compile(logs.path()));
  logs.write(".last_compile", R"({"oml": "a.oml"})");
  EXPECT_FALSE(read_last_compile(logs.path()));
}

}  // namespace
}  // namespace osiris
