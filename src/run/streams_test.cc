#include "run/streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_error.h"
#include "run/fake_components.h"
#include "session/test_lines.h"

namespace osiris {
namespace {

/// Hands out the batches that it was given.
class ListedBatches : public Extractor {
 public:
  ListedBatches(Schema schema, std::vector<Batch> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}
  const Schema& schema() const override { return schema_; }
  std::optional<Batch> next() override {
    if (at_ == batches_.size()) return std::nullopt;
    return batches_[at_++];
  }

 private:
  Schema schema_;
  std::vector<Batch> batches_;
  std::size_t at_ = 0;
};

/// One step of a run, as its chain sees it.
struct TestStep {
  FakeProject project;
  FakeComponents components;
  Session session{project.project().logs_folder(), "run", now_ms};
  ManifestStep step = fake_step("a", "fake.extractor", {});
  StepRun run{step,         *components.registry().find("fake.extractor"),
              std::nullopt, project.project(),
              session,      LoadId{}};
  Cancellation cancellation;

  TestStep() {
    run.follow(cancellation);
    run.start();
  }

  MeteredStream metered(Schema schema, std::vector<Batch> batches, std::optional<std::uint64_t> limit = {}) {
    return {run, session, [=] { return std::make_unique<ListedBatches>(schema, batches); }, true, limit};
  }
  Json last_event(const std::string& name) const {
    Json found;
    for (const Json& event : read_json_lines(session.folder() / "events.jsonl")) {
      if (event["event"] == name) found = event;
    }
    return found;
  }
};

/// Rows of which every third is null, more than a word of validity bits holds.
Batch batch_with_nulls(std::size_t row_count) {
  BatchBuilder builder(fake_schema());
  for (std::size_t row = 0; row < row_count; ++row) {
    if (row % 3 == 0) {
      builder.append_null(0);
    } else {
      builder.append<std::int64_t>(0, 1);
    }
    builder.end_row();
  }
  return builder.finish();
}

TEST(MeteredStream, Counts_rows_and_the_nulls_of_each_column) {
  TestStep step;
  MeteredStream stream =
      step.metered(fake_schema(), {batch_with_nulls(100), batch_with_nulls(64), fake_batch(5)});
  while (stream.next()) {
  }
  EXPECT_EQ(step.run.counters().rows_written, 169U);
  EXPECT_EQ(step.run.counters().rows_read, 169U);
  EXPECT_EQ(step.run.status(), SessionStatus::kSuccess);
  const Json schema = step.last_event("step_schema");
  EXPECT_EQ(schema["columns"][0]["name"], "id");
  EXPECT_EQ(schema["columns"][0]["type"], "bigint");
  EXPECT_EQ(schema["columns"][0]["null_count"], 34 + 22);
}

TEST(MeteredStream, Counts_the_nulls_of_the_rows_within_the_limit_only) {
  TestStep step;
  MeteredStream stream = step.metered(fake_schema(), {batch_with_nulls(100)}, 7);
  EXPECT_EQ(stream.next()->row_count(), 7U);
  EXPECT_FALSE(stream.next());
  EXPECT_EQ(step.last_event("step_schema")["columns"][0]["null_count"], 3);
}

TEST(MeteredStream, Completes_its_step_once_also_where_nobody_wants_more) {
  TestStep step;
  MeteredStream stream = step.metered(fake_schema(), {fake_batch(5), fake_batch(5)});
  stream.next();
  stream.finish();
  stream.finish();
  EXPECT_FALSE(stream.next());
  EXPECT_EQ(step.last_event("step_complete")["rows_written"], 5);
  EXPECT_EQ(step.run.counters().held_bytes, 0U);
}

TEST(MeteredStream, Stops_when_it_is_cancelled) {
  TestStep step;
  MeteredStream stream = step.metered(fake_schema(), {fake_batch(5)});
  step.cancellation.cancel();
  EXPECT_EQ(error_of([&] { stream.next(); }), "run.cancelled: the run was cancelled");
}

TEST(MeteredStream, Refuses_other_columns_after_another_attempt) {
  TestStep step;
  step.step.retry_max = 1;
  step.step.retry_backoff_ms = 0;
  class Failing : public ListedBatches {
   public:
    Failing() : ListedBatches(fake_schema(), {}) {}
    std::optional<Batch> next() override {
      throw Error(ErrorKind::kConnection, "test.gone", "it went away").retryable();
    }
  };
  int opens = 0;
  MeteredStream stream(
      step.run, step.session,
      [&]() -> std::unique_ptr<Extractor> {
        if (++opens == 1) return std::make_unique<Failing>();
        Schema other = fake_schema();
        other[0].name = "renamed";
        return std::make_unique<ListedBatches>(other, std::vector<Batch>{});
      },
      true, std::nullopt);
  EXPECT_EQ(error_of([&] { stream.next(); }),
            "step.schema_changed: the columns changed between two attempts");
}

TEST(TakenStream, Counts_the_rows_that_enter_a_step) {
  TestStep step;
  ListedBatches source(fake_schema(), {fake_batch(5), fake_batch(2)});
  TakenStream taken(step.run, source);
  while (taken.next()) {
  }
  EXPECT_EQ(step.run.counters().rows_read, 7U);
  EXPECT_LE(step.run.counters().busy_us, 0) << "waiting for rows is no work";
}

}  // namespace
}  // namespace osiris
