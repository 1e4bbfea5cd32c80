#include "session/output_parity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "session/session.h"

namespace osiris {
namespace {

using testing::HasSubstr;

/// What a run left.
struct LeftBehind {
  std::string file = "id,name\n1,a\n2,b\n3,c\n", type = "text", digest{};
  std::uint64_t rows = 3;
  bool has_file = true, keeps_file = true;
  SessionStatus status = SessionStatus::kSuccess;
};

SessionDetail leave(const TestFolder& logs, std::int64_t at_ms, const LeftBehind& left) {
  Session session(logs.path(), "run", [at_ms] { return at_ms; });
  session.emit(RunStart{"orders", "m.yaml", "sha256:a", 2, "local", "0"});
  session.emit(StepStart{"read", "fake.extractor", "extractor"});
  session.emit(StepSchema{"read", "output", {{"id", "int64", "", 0}, {"name", left.type, "", 0}}});
  session.emit(StepComplete{"read", left.rows, left.rows, 1});
  session.emit(StepStart{"write", "fake.writer", "writer"});
  if (left.has_file) {
    const fs::path target = logs.write("out" + std::to_string(at_ms) + ".csv", left.file);
    session.add_artifact({.step_id = "write", .target = target, .target_name = "out.csv", .sha256 = {}});
    if (!left.keeps_file) fs::remove(session.folder() / "artifacts/write/output.csv");
  }
  if (left.status == SessionStatus::kSuccess) {
    StepComplete complete{"write", left.rows, left.rows, 1};
    complete.rows_digest = left.digest;
    session.emit(complete);
  } else {
    session.emit(StepFailed{"write", left.rows, 0, 1, {}});
  }
  session.end(left.status, 0, {});
  return read_detail(session.folder());
}

/// "verified", or the first that is not, with its step.
std::string parity_of(const LeftBehind& before, const LeftBehind& after) {
  const TestFolder logs;
  const RunComparison runs = compare_runs(leave(logs, 1000, before), leave(logs, 2000, after));
  for (const OutputParity& output : runs.outputs) {
    if (output.parity != Parity::kVerified)
      return std::string(to_string(output.parity)) + ": " + output.step_id + ": " + output.difference;
  }
  return std::string(to_string(*runs.parity()));
}

TEST(OutputParity, Of_the_same_rows_is_verified_whatever_their_order) {
  EXPECT_EQ(parity_of({}, {}), "verified");
  EXPECT_EQ(parity_of({}, {.file = "id,name\n3,c\n1,a\n2,b\n"}), "verified");
  EXPECT_EQ(parity_of({.keeps_file = false}, {}), "verified");
}

TEST(OutputParity, Shows_the_first_difference_of_files) {
  EXPECT_EQ(parity_of({}, {.file = "id,name\n1,a\n2,B\n3,c\n"}), "different: write: '2,b' became '2,B'");
  EXPECT_EQ(parity_of({}, {.file = "id,name\n1,a\n3,c\n", .rows = 2}),
            "different: write: only before: '2,b'");
  EXPECT_EQ(parity_of({}, {.file = "id,name\n1,a\n2,b\n3,c\n3,c\n", .rows = 4}),
            "different: write: only after: '3,c'");
  EXPECT_THAT(parity_of({}, {.file = std::string("id\0", 3)}), HasSubstr("different: write: the bytes of"));
  EXPECT_THAT(parity_of({}, {.file = "id,name\n", .keeps_file = false}), HasSubstr("not there any more"));
  EXPECT_THAT(parity_of({}, {.has_file = false}), HasSubstr("only before: the file"));
}

TEST(OutputParity, Tells_a_type_before_what_follows_from_it) {
  EXPECT_EQ(parity_of({}, {.file = "id,name\n1,1\n", .type = "int64"}),
            "different: read: the column 'name' was text, and is int64");
}

TEST(OutputParity, Of_tables_is_told_by_number_and_digest) {
  const LeftBehind table{.digest = "aa", .has_file = false};
  EXPECT_EQ(parity_of(table, table), "verified");
  EXPECT_THAT(parity_of(table, {.digest = "bb", .has_file = false}), HasSubstr("with other values"));
  EXPECT_THAT(parity_of(table, {.digest = "bb", .rows = 4, .has_file = false}),
              HasSubstr("3 rows before, 4 rows after"));
  EXPECT_THAT(parity_of({.has_file = false}, {.has_file = false}), HasSubstr("unknown: write: no file"));
  EXPECT_THAT(parity_of(table, {.has_file = false, .status = SessionStatus::kFailed}),
              HasSubstr("success before, failed after"));
}

}  // namespace
}  // namespace osiris
