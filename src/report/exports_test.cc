#include "report/exports.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// A run in which a step was tried twice, one failed and one never began.
RunStory story() {
  RunStory story;
  SessionSummary& summary = story.detail.summary;
  summary.id = "run_1700000000000";
  summary.pipeline = "orders & <items>";
  summary.status = SessionStatus::kFailed;
  summary.started_at_ms = 1'700'000'000'000;
  summary.duration_ms = 1000;
  story.start = RunStart{summary.pipeline, "m.yaml", "sha256:1", 3, "local", "0.3.0"};

  StepStory read;
  read.id = "read";
  read.component = "fake.extractor";
  read.role = "extractor";
  read.status = SessionStatus::kSuccess;
  read.begin_ms = 10;
  read.duration_ms = 600;
  read.rows_read = read.rows_written = 42;
  read.attempts = 2;
  read.busy_ms = 100;
  read.bytes_read = 4200;
  read.connection = "@fake.main";
  read.config = {{"table", "orders"}};
  read.schemas = {{"read", "output", {{"id", "int64", "BIGINT", 0}, {"name", "text", "", 3}}}};
  StepRetry retry{"read", 2, 150, {}};
  retry.error.code = "connection.lost";
  retry.error.message = "gone away";
  read.retries.emplace_back(110, retry);

  StepStory write;
  write.id = "write";
  write.component = "fake.writer";
  write.role = "writer";
  write.status = SessionStatus::kFailed;
  write.begin_ms = 20;
  write.duration_ms = 900;
  write.rows_written = 7;
  write.inputs = {{"df", "read"}};
  write.config = {{"path", "out/orders.csv"}};

  StepStory idle;
  idle.id = "idle";
  idle.component = "fake.writer";
  idle.role = "writer";
  idle.cancelled_because = "step 'write' failed";
  story.steps = {read, write, idle};

  ConnectionStory connection;
  connection.reference = "@fake.main";
  connection.fields = {{"host", "db.example"}, {"port", 3306}, {"database", "shop"}};
  story.connections = {connection};

  ErrorEvent error;
  error.step_id = "write";
  error.error = {
      "data", "value.too_long", "the value \"<a>\" is too long\x01", "make it shorter", "p.oml:3:5", false};
  error.stack_trace = {"component 'fake.writer'", "step 'write'"};
  story.detail.events = {{summary.started_at_ms + 500, "error", "write", error}};
  story.metrics =
      "{\"ts\":\"2023-11-14T22:13:20.250Z\",\"metric\":\"queue_bytes\",\"value\":64,\"unit\":\"bytes\","
      "\"tags\":{\"step\":\"read\"}}\n"
      "{\"ts\":\"2023-11-14T22:13:20.250Z\",\"metric\":\"busy_ms\",\"value\":64,\"unit\":\"ms\",\"tags\":{"
      "\"step\":\"read\"}}\n"
      "{\"ts\":\"2023-11-14T22:13:20.250Z\",\"metric\":\"memory_usage_mb\",\"value\":20.5,\"unit\":\"MB\","
      "\"tags\":{}}\n"
      "{\"half";
  return story;
}

TEST(Exports, Say_the_same_of_the_same_run) {
  for (const ExportFormat& format : export_formats())
    EXPECT_EQ(format.print(story()), format.print(story())) << format.name;
  EXPECT_EQ(export_id(story(), "read"), export_id(story(), "read"));
  EXPECT_NE(export_id(story(), "read"), export_id(story(), "write"));
  EXPECT_THAT(export_id(story(), ""), SizeIs(32));
}

TEST(Exports, Take_a_run_of_which_nothing_is_known) {
  for (const ExportFormat& format : export_formats()) EXPECT_NE(format.print(RunStory()), "") << format.name;
}

Json events_named(const Json& trace, const std::string& name) {
  Json found = Json::array();
  for (const Json& event : trace["traceEvents"]) {
    if (event["name"] == name) found.push_back(event);
  }
  return found;
}

TEST(ChromeTrace, Has_a_span_for_each_attempt_and_each_wait) {
  const Json trace = Json::parse(chrome_trace(story()));
  const Json step = events_named(trace, "read").at(0);
  EXPECT_EQ(step["ph"], "X");
  EXPECT_EQ(step["ts"], 10'000);
  EXPECT_EQ(step["dur"], 600'000);
  EXPECT_EQ(step["args"]["busy_ms"], 100);
  EXPECT_EQ(step["args"]["waiting_ms"], 500);
  const auto span = [&](const char* name) {
    const Json event = events_named(trace, name).at(0);
    return std::pair(event["ts"].get<int>() / 1000, event["dur"].get<int>() / 1000);
  };
  EXPECT_EQ(span("attempt 1"), std::pair(10, 100));
  EXPECT_EQ(span("wait before attempt 2"), std::pair(110, 150));
  EXPECT_EQ(span("attempt 2"), std::pair(260, 350));
  EXPECT_THAT(events_named(trace, "idle"), SizeIs(0));
}

TEST(ChromeTrace, Draws_what_was_measured_and_marks_what_went_wrong) {
  const Json trace = Json::parse(chrome_trace(story()));
  const Json queue = events_named(trace, "read queue_bytes").at(0);
  EXPECT_EQ(queue["ph"], "C");
  EXPECT_EQ(queue["ts"], 250'000);
  EXPECT_EQ(queue["args"], (Json{{"bytes", 64}}));
  EXPECT_THAT(events_named(trace, "memory_usage_mb"), SizeIs(1));
  EXPECT_THAT(events_named(trace, "read busy_ms"), SizeIs(0));
  const Json error = events_named(trace, "the value \"<a>\" is too long\x01").at(0);
  EXPECT_EQ(error["ph"], "i");
  EXPECT_EQ(error["ts"], 500'000);
  EXPECT_EQ(error["tid"], events_named(trace, "write").at(0)["tid"]);
}

TEST(Junit, Has_a_case_for_each_step) {
  const std::string xml = junit_xml(story());
  EXPECT_THAT(
      xml, HasSubstr("<testsuite name=\"orders &amp; &lt;items&gt;\" tests=\"3\" failures=\"1\" errors=\"0\" "
                     "skipped=\"1\" time=\"1.000\" timestamp=\"2023-11-14T22:13:20\">"));
  EXPECT_THAT(xml,
              HasSubstr("<testcase name=\"read\" classname=\"orders &amp; &lt;items&gt;\" time=\"0.600\">"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"step 'write' failed\"/>"));
  EXPECT_THAT(xml,
              HasSubstr("type=\"value.too_long\">the value &quot;&lt;a&gt;&quot; is too long\xEF\xBF\xBD\nat "
                        "p.oml:3:5\nhint: make it shorter"));
}

TEST(Otlp, Has_a_span_for_the_run_and_below_it_one_for_each_step_that_began) {
  const Json document = Json::parse(otlp_json(story()));
  const Json& spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"];
  ASSERT_THAT(spans, SizeIs(3));
  EXPECT_EQ(spans[0]["status"]["code"], 2);
  EXPECT_FALSE(spans[0].contains("parentSpanId"));
  EXPECT_EQ(spans[1]["parentSpanId"], spans[0]["spanId"]);
  EXPECT_EQ(spans[1]["status"]["code"], 1);
  EXPECT_EQ(spans[1]["startTimeUnixNano"], "1700000000010000000");
  EXPECT_EQ(spans[1]["endTimeUnixNano"], "1700000000610000000");
  EXPECT_EQ(spans[2]["events"][0]["name"], "exception");
}

std::vector<Json> events_of(const std::string& lines) {
  std::vector<Json> events;
  for (const std::string& line : split(trim(lines), '\n')) events.push_back(Json::parse(line));
  return events;
}

TEST(OpenLineage, Begins_and_ends_the_run_and_each_step_that_began) {
  std::vector<std::string> told;
  for (const Json& event : events_of(openlineage(story())))
    told.push_back(cat(event["eventType"].get<std::string>(), " ", event["job"]["name"].get<std::string>()));
  EXPECT_THAT(told, testing::ElementsAre("START orders & <items>", "START orders & <items>.read",
                                         "COMPLETE orders & <items>.read", "START orders & <items>.write",
                                         "FAIL orders & <items>.write", "FAIL orders & <items>"));
}

TEST(OpenLineage, Names_the_tables_and_files_with_their_columns) {
  const std::vector<Json> events = events_of(openlineage(story()));
  const Json& read = events.back()["inputs"][0];
  EXPECT_EQ(read["namespace"], "fake://db.example:3306");
  EXPECT_EQ(read["name"], "shop.orders");
  EXPECT_EQ(
      read["facets"]["schema"]["fields"],
      (Json::array({Json{{"name", "id"}, {"type", "BIGINT"}}, Json{{"name", "name"}, {"type", "text"}}})));
  EXPECT_EQ(read["inputFacets"]["inputStatistics"]["rowCount"], 42);
  const Json& written = events.back()["outputs"][0];
  EXPECT_EQ(written["namespace"], "file");
  EXPECT_EQ(written["name"], "out/orders.csv");
  EXPECT_EQ(written["facets"]["schema"]["fields"].size(), 2U) << "the columns of the step that feeds it";
  EXPECT_EQ(written["outputFacets"]["outputStatistics"]["rowCount"], 7);
  EXPECT_EQ(events[4]["run"]["facets"]["errorMessage"]["message"], "the value \"<a>\" is too long\x01");
  EXPECT_EQ(events[4]["run"]["facets"]["parent"]["run"]["runId"], events[0]["run"]["runId"]);
  EXPECT_FALSE(events[2]["run"]["facets"].contains("errorMessage"));
}

}  // namespace
}  // namespace osiris
