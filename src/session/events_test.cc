#include "session/events.h"

#include <set>

#include <gtest/gtest.h>

#include "session/session_tally.h"

namespace osiris {
namespace {

const FailureFacts kFailure{.kind = "connection",
                            .code = "connection.refused",
                            .message = "refused",
                            .hint = "start it",
                            .location = "a.oml:3:5",
                            .retryable = true};

/// One of each kind, every field with a value of its own.
std::vector<Event> one_of_each() {
  return {
      RunStart{"orders", "m.yaml", "sha256:1", 3, "e2b", "0.3.0", "run_1", true, "a", "b", 5},
      RunEnd{SessionStatus::kFailed, 5, 6, 7.5, kFailure},
      CompileComplete{"orders", "orders.oml", "m.yaml", "sha256:2", true, 8},
      StepStart{"a", "mysql.extractor", "extractor"},
      StepComplete{"a", 9, 10, 11, 1, 2, 3, 4},
      LoadStarted{"a", "public.orders", "upsert", "copy binary", "run_1/a/1", true},
      StepSettled{"b", "run_1", "mysql.writer", "writer", 10},
      StepFailed{"a", 12, 13, 14, kFailure},
      StepCancelled{"b", "step 'a' failed", 15, "duckdb.processor", "processor", 7, 3},
      StepRetry{"a", 2, 16, kFailure},
      ConnectionResolveComplete{"a", "mysql", "default", false, {{"host", "h"}}, {{"host", "MYSQL_HOST"}}},
      ConnectionOpenComplete{"a", "mysql", "default", "MariaDB 10.11", 17},
      StepSchema{"a", "left", {{"id", "int64", "BIGINT", 18}}},
      ArtifactWritten{"a", "artifacts/a/output.csv", "out/a.csv", 19, "sha256:3"},
      RowsSkipped{"a", 20, "quarantine/a.jsonl"},
      ScriptOutput{"a", "said"},
      TemplateBuilt{"osiris-4c-4096m", 900},
      SandboxCreateStart{"base"},
      SandboxCreateComplete{"i1", "0.6.13", 2, 512, 420},
      WorkerUploadStart{1000},
      WorkerUploadComplete{1000, true, 80},
      WorkerStarted{7},
      RpcSent{"run", 812},
      RpcDone{"run", 61},
      StreamLost{"the connection broke", 12},
      StreamResumed{15, 300},
      ArtifactDownloaded{"artifacts/write/output.csv", 99, 3},
      SandboxDeleted{"i1"},
      Warning{"a", "csv.rounded", "rounded", "do not"},
      ErrorEvent{"a", kFailure, {"object 't'", "step 'a'"}},
  };
}

TEST(Event, Reads_back_as_it_was_written) {
  for (const Event& event : one_of_each()) {
    Json line = event_fields(event);
    line["event"] = event_name(event);
    const auto parsed = parse_event(line);
    ASSERT_TRUE(parsed) << event_name(event);
    EXPECT_EQ(parsed->index(), event.index());
    EXPECT_EQ(event_fields(*parsed), event_fields(event)) << event_name(event);
  }
}

TEST(Event, Has_a_line_for_people_of_each_kind) {
  for (const Event& event : one_of_each()) EXPECT_FALSE(log_line(event).message.empty()) << event_name(event);
}

TEST(Event, Is_one_of_every_kind_in_the_list_above) {
  std::set<std::size_t> kinds;
  for (const Event& event : one_of_each()) kinds.insert(event.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Event>);
}

TEST(Event, Leaves_out_texts_that_are_empty_and_values_that_are_not_there) {
  const Json fields = event_fields(Warning{.step_id = {}, .code = "a.b", .message = "m", .hint = {}});
  EXPECT_EQ(fields.dump(), R"({"code":"a.b","message":"m"})");
  EXPECT_FALSE(event_fields(RunEnd{}).contains("error"));
}

TEST(Event, Of_an_error_has_its_fields_and_its_frames_innermost_first) {
  Error error = Error(ErrorKind::kData, "csv.bad_row", "bad row", "look").at({"a.oml", 3, 5});
  error.set_step("load");
  error.add_frame("object 'in.csv'");
  error.add_frame("step 'load'");
  EXPECT_EQ(
      event_fields(error_event(error)).dump(),
      R"({"step_id":"load","code":"csv.bad_row","kind":"data","message":"bad row","hint":"look",)"
      R"("location":"a.oml:3:5","retryable":false,"stack_trace":["object 'in.csv'","step 'load'","a.oml:3:5"]})");
  EXPECT_EQ(log_line(error_event(error)).message,
            "bad row [csv.bad_row]\n    at a.oml:3:5\n    hint: look\n"
            "    in object 'in.csv'\n    in step 'load'\n    in a.oml:3:5");
}

TEST(Event, Survives_fields_of_wrong_types) {
  const auto event = parse_event(Json::parse(
      R"({"event":"step_complete","step_id":7,"rows_read":-1,"rows_written":"x","duration_ms":null})"));
  ASSERT_TRUE(event);
  const auto& complete = std::get<StepComplete>(*event);
  EXPECT_EQ(complete.step_id, "");
  EXPECT_EQ(complete.rows_read, 0U);
  EXPECT_FALSE(parse_event(Json::parse(R"({"event":"not_ours"})")));
  EXPECT_FALSE(parse_event(Json::parse(R"({"event":5})")));
  EXPECT_FALSE(parse_event(Json::parse("[]")));
}

SessionTally tally_of(const std::vector<Event>& events) {
  SessionTally tally;
  for (const Event& event : events) tally.add(event);
  return tally;
}

TEST(SessionTally, Counts_what_writers_wrote) {
  const SessionTally tally = tally_of({StepStart{"read", "c", "extractor"}, StepStart{"one", "c", "writer"},
                                       StepStart{"two", "c", "writer"}, StepComplete{"read", 10, 10, 1},
                                       StepComplete{"one", 10, 9, 1}, StepComplete{"two", 10, 8, 1}});
  EXPECT_EQ(tally.total_rows(), 17U);
  EXPECT_EQ(tally.steps_with(SessionStatus::kSuccess), 3U);
}

TEST(SessionTally, Counts_what_extractors_read_when_there_is_no_writer) {
  EXPECT_EQ(tally_of({StepStart{"read", "c", "extractor"}, StepStart{"sql", "c", "processor"},
                      StepComplete{"read", 10, 10, 1}, StepComplete{"sql", 10, 3, 1}})
                .total_rows(),
            10U);
}

TEST(SessionTally, Counts_no_rows_of_a_writer_that_failed_or_never_started) {
  EXPECT_EQ(tally_of({StepStart{"read", "c", "extractor"}, StepStart{"write", "c", "writer"},
                      StepComplete{"read", 10, 10, 1}, StepFailed{"write", 10, 5, 1, kFailure}})
                .total_rows(),
            0U);
  EXPECT_EQ(tally_of({StepStart{"read", "c", "extractor"}, StepFailed{"read", 4, 4, 1, kFailure},
                      StepCancelled{"write", "step 'read' failed", 0, "c", "writer"}})
                .total_rows(),
            0U);
}

}  // namespace
}  // namespace osiris
