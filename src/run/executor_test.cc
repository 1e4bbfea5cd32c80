#include "run/executor.h"

#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/test_error.h"
#include "compile/graph.h"
#include "run/bounded_queue.h"
#include "run/fake_components.h"
#include "session/test_lines.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// So large that a queue holds one batch.
constexpr std::size_t kLargeBatch = BoundedQueue::kMaxBytes + 1;
const Json kWaits{{"waits", true}};

/// Runs steps in a session of their own and tells how they ended.
class FakeRun {
 public:
  explicit FakeRun(std::vector<ManifestStep> steps, RunOptions options = {})
      : FakeRun(std::move(steps), std::move(options), std::make_shared<FakeProject>()) {}
  /// In a project that other runs share.
  FakeRun(std::vector<ManifestStep> steps, RunOptions options, std::shared_ptr<const FakeProject> project)
      : project_(std::move(project)), session_(project_->project().logs_folder(), "run", now_ms) {
    manifest_.name = "test";
    manifest_.steps = std::move(steps);
    executor_.emplace(manifest_, project_->project(), components_.registry(), session_, std::move(options));
  }

  void run() {
    outcome_ = executor_->run();
    EXPECT_FALSE(outcome_.has_stuck_threads);
  }

  /// Runs, and asks to stop once `is_reached` says so.
  void run_until(const std::function<bool(const FakeComponents&)>& is_reached) {
    std::atomic<bool> has_ended = false;
    std::jthread stopper([&] {
      while (!has_ended && !is_reached(components_))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (!has_ended) executor_->request_stop();
    });
    run();
    has_ended = true;
  }

  const RunOutcome& outcome() const { return outcome_; }
  FakeFacts facts(const std::string& id) const { return components_.facts(id); }

  std::string status(const std::string& id) const {
    for (const StepRun* step : executor_->steps()) {
      if (step->step().id == id) return std::string(to_string(step->status()));
    }
    return "no such step";
  }

  const StepCounters& counters(const std::string& id) const {
    for (const StepRun* step : executor_->steps()) {
      if (step->step().id == id) return step->counters();
    }
    throw std::out_of_range(id);
  }

  /// "event step" of each event that names a step, in order; only those of a kind where one is given.
  std::vector<std::string> events(const std::string& kind = {}) const {
    std::vector<std::string> events;
    for (const Json& event : raw_events()) {
      if (!event.contains("step_id") || (!kind.empty() && event["event"] != kind)) continue;
      events.push_back(cat(event["event"].get<std::string>(), " ", event["step_id"].get<std::string>()));
    }
    return events;
  }

  std::vector<Json> raw_events() const { return read_json_lines(session_.folder() / "events.jsonl"); }
  std::vector<Json> metrics() const { return read_json_lines(session_.folder() / "metrics.jsonl"); }

 private:
  std::shared_ptr<const FakeProject> project_;
  FakeComponents components_;
  Session session_;
  Manifest manifest_;
  std::optional<Executor> executor_;
  RunOutcome outcome_;
};

ManifestStep source(const std::string& id, Json config = Json::object()) {
  return fake_step(id, "fake.extractor", {}, std::move(config));
}
ManifestStep writer(const std::string& id, const std::string& input, Json config = Json::object()) {
  return fake_step(id, "fake.writer", {input}, std::move(config));
}

/// Exactly one end, and the right one.
void expect_committed(const FakeRun& run, const std::string& id, std::uint64_t rows) {
  EXPECT_EQ(run.facts(id).commits, 1) << id;
  EXPECT_EQ(run.facts(id).aborts, 0) << id;
  EXPECT_EQ(run.facts(id).rows, rows) << id;
  EXPECT_EQ(run.status(id), "success") << id;
}
void expect_aborted(const FakeRun& run, const std::string& id, const std::string& status) {
  EXPECT_EQ(run.facts(id).commits, 0) << id;
  EXPECT_EQ(run.facts(id).aborts, 1) << id;
  EXPECT_EQ(run.status(id), status) << id;
}

TEST(Executor, Drives_rows_through_a_chain_and_counts_them) {
  FakeRun run({source("a"), fake_step("p", "fake.processor", {"a"}), writer("w", "p")});
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kSuccess);
  EXPECT_FALSE(run.outcome().error);
  expect_committed(run, "w", 30);
  for (const char* id : {"a", "p", "w"}) {
    EXPECT_EQ(run.counters(id).rows_read, 30U) << id;
    EXPECT_EQ(run.counters(id).rows_written, 30U) << id;
  }
  EXPECT_THAT(run.events(),
              ElementsAre("step_start a", "step_start p", "step_start w", "step_schema a", "step_complete a",
                          "step_schema p", "step_complete p", "step_complete w"));
}

TEST(Executor, Measures_every_step) {
  FakeRun run({source("a"), writer("w", "a")});
  run.run();
  std::vector<std::string> names;
  for (const Json& metric : run.metrics()) {
    if (metric["tags"].value("step", "") == "w") names.push_back(metric["metric"]);
  }
  EXPECT_THAT(names,
              testing::IsSupersetOf({"rows_read", "rows_written", "execution_time_ms", "memory_usage_mb",
                                     "bytes_read", "bytes_written", "busy_ms", "blocked_ms", "queue_bytes"}));
}

TEST(Executor, Counts_rows_that_nobody_reads) {
  FakeRun run({source("a")});
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kSuccess);
  EXPECT_EQ(run.counters("a").rows_written, 30U);
}

TEST(Executor, Commits_an_empty_extraction_too) {
  FakeRun run({source("a", {{"batches", 0}}), writer("w", "a")});
  run.run();
  expect_committed(run, "w", 0);
}

TEST(Executor, Lets_independent_branches_finish_when_one_fails) {
  FakeRun run({source("bad", {{"fail_at", 2}}), writer("w1", "bad"), source("good"), writer("w2", "good")});
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kFailed);
  EXPECT_EQ(run.outcome().error->code(), "fake.failure");
  EXPECT_EQ(run.outcome().error->step(), "bad");
  EXPECT_THAT(run.outcome().error->frames(), ElementsAre("component 'fake.extractor'", "step 'bad'"));
  EXPECT_EQ(run.status("bad"), "failed");
  expect_aborted(run, "w1", "cancelled");
  expect_committed(run, "w2", 30);
  EXPECT_THAT(run.events("step_failed"), ElementsAre("step_failed bad"));
  EXPECT_THAT(run.events("step_cancelled"), ElementsAre("step_cancelled w1"));
}

TEST(Executor, Goes_on_past_a_reader_that_fails_before_it_takes_a_row) {
  FakeRun run({source("a", {{"batch_bytes", kLargeBatch}}), source("bad", {{"fail_opens", 1}}),
               fake_step("both", "fake.processor", {"bad", "a"}), writer("w1", "both"), writer("w2", "a")});
  run.run();
  EXPECT_EQ(run.outcome().error->step(), "bad");
  expect_committed(run, "w2", 30);
}

TEST(Executor, Stops_independent_branches_when_asked_to_fail_fast) {
  FakeRun run({source("bad", {{"fail_at", 0}}), writer("w1", "bad"), source("endless", kWaits),
               writer("w2", "endless")},
              {.row_limit = {}, .fail_fast = true, .jobs = 2});
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kFailed);
  EXPECT_EQ(run.outcome().error->step(), "bad");
  EXPECT_EQ(run.facts("w2").commits, 0);
  EXPECT_EQ(run.facts("w2").opens, run.facts("w2").aborts);
  EXPECT_EQ(run.status("w2"), "cancelled");
}

TEST(Executor, Aborts_a_writer_once_wherever_it_fails) {
  for (const Json& config : {Json{{"fail_at", 1}}, Json{{"fail_commit", true}}}) {
    FakeRun run({source("a"), writer("w", "a", config)});
    run.run();
    expect_aborted(run, "w", "failed");
    EXPECT_EQ(run.outcome().error->step(), "w");
  }
  FakeRun run({source("a"), writer("w", "a", {{"fail_open", true}})});
  run.run();
  EXPECT_EQ(run.facts("w"), FakeFacts{}) << "a writer that did not open has nothing to abort";
  EXPECT_EQ(run.status("w"), "failed");
}

TEST(Executor, Tells_the_place_of_a_failed_step) {
  std::vector<ManifestStep> steps{source("a", {{"fail_at", 0}})};
  steps[0].location = "pipeline.oml:7:9";
  FakeRun run(std::move(steps));
  run.run();
  EXPECT_EQ(run.outcome().error->location().to_string(), "pipeline.oml:7:9");
}

TEST(Executor, Stops_a_source_that_waits) {
  FakeRun run({source("a", kWaits), writer("w", "a")});
  run.run_until([](const FakeComponents& fakes) { return fakes.facts("w").writes == 3; });
  EXPECT_EQ(run.outcome().status, SessionStatus::kCancelled);
  EXPECT_FALSE(run.outcome().error);
  EXPECT_EQ(run.status("a"), "cancelled");
  expect_aborted(run, "w", "cancelled");
}

TEST(Executor, Stops_a_writer_that_waits) {
  FakeRun run({source("a"), writer("w", "a", kWaits)});
  run.run_until([](const FakeComponents& fakes) { return fakes.facts("w").opens == 1; });
  EXPECT_EQ(run.outcome().status, SessionStatus::kCancelled);
  expect_aborted(run, "w", "cancelled");
}

TEST(Executor, Stops_a_stream_that_waits_for_a_slow_reader_and_readers_that_wait_for_rows) {
  FakeRun full(
      {source("a", {{"batch_bytes", kLargeBatch}}), writer("slow", "a", kWaits), writer("fast", "a")});
  full.run_until([](const FakeComponents& fakes) { return fakes.facts("slow").opens == 1; });
  expect_aborted(full, "slow", "cancelled");
  EXPECT_EQ(full.facts("fast").commits, 0);

  FakeRun empty({source("a", kWaits), writer("w1", "a"), writer("w2", "a")});
  empty.run_until([](const FakeComponents& fakes) {
    return fakes.facts("w1").writes == 3 && fakes.facts("w2").writes == 3;
  });
  expect_aborted(empty, "w1", "cancelled");
  expect_aborted(empty, "w2", "cancelled");
}

TEST(Executor, Stops_while_it_waits_before_another_attempt) {
  std::vector<ManifestStep> steps{source("a", {{"fail_opens", 9}, {"retryable", true}})};
  steps[0].retry_max = 9;
  steps[0].retry_backoff_ms = 600'000;
  FakeRun run(std::move(steps));
  run.run_until([](const FakeComponents& fakes) { return fakes.facts("a").opens == 1; });
  EXPECT_EQ(run.outcome().status, SessionStatus::kCancelled);
  EXPECT_EQ(run.status("a"), "cancelled");
}

TEST(Executor, Starts_nothing_more_once_it_was_asked_to_stop) {
  std::vector<ManifestStep> steps{source("a", kWaits), source("b")};
  steps[1].after = {"a"};
  FakeRun run(std::move(steps));
  run.run_until([](const FakeComponents& fakes) { return fakes.facts("a").opens == 1; });
  EXPECT_EQ(run.facts("b").opens, 0);
  EXPECT_EQ(run.status("b"), "cancelled");
}

TEST(Executor, Ends_each_source_after_as_many_rows_as_the_limit) {
  const auto rows_with = [](std::uint64_t limit) {
    FakeRun run({source("a"), writer("w", "a")}, {.row_limit = limit, .fail_fast = false, .jobs = 0});
    run.run();
    EXPECT_EQ(run.facts("w").commits, 1);
    EXPECT_EQ(run.counters("a").rows_read, run.facts("w").rows);
    return run.facts("w").rows;
  };
  EXPECT_EQ(rows_with(0), 0U);
  EXPECT_EQ(rows_with(15), 15U);
  EXPECT_EQ(rows_with(20), 20U);
  EXPECT_EQ(rows_with(31), 30U);

  FakeRun two({source("a"), source("b"), fake_step("p", "fake.processor", {"a", "b"}), writer("w", "p")},
              {.row_limit = 5, .fail_fast = false, .jobs = 0});
  two.run();
  expect_committed(two, "w", 10);
}

TEST(Executor, Refuses_to_replace_a_table_by_a_part_of_its_rows) {
  const auto problem = [](const std::string& mode) {
    return error_of([&] {
      FakeRun({source("a"), fake_step("w", "shop.writer", {"a"}, {{"write_mode", mode}})},
              {.row_limit = 5, .fail_fast = false, .jobs = 0});
    });
  };
  EXPECT_EQ(problem("replace"),
            "run.limit_replaces: --limit would replace a whole table by a part of its rows: step 'w'");
  EXPECT_EQ(problem("truncate"), problem("replace"));
  EXPECT_EQ(problem("append"), "no error");
}

TEST(Executor, Opens_a_source_again_as_often_as_its_policy_says) {
  const auto with_retries = [](std::int64_t retries, Json config) {
    std::vector<ManifestStep> steps{source("a", std::move(config)), writer("w", "a")};
    steps[0].retry_max = retries;
    steps[0].retry_backoff_ms = 1;
    auto run = std::make_unique<FakeRun>(std::move(steps));
    run->run();
    return run;
  };
  const auto good = with_retries(2, {{"fail_opens", 2}, {"retryable", true}});
  expect_committed(*good, "w", 30);
  EXPECT_EQ(good->facts("a").opens, 3);
  EXPECT_THAT(good->events("step_retry"), ElementsAre("step_retry a", "step_retry a"));

  const auto too_few = with_retries(1, {{"fail_opens", 2}, {"retryable", true}});
  EXPECT_EQ(too_few->status("a"), "failed");
  EXPECT_EQ(too_few->facts("a").opens, 2);

  const auto final_failure = with_retries(5, {{"fail_opens", 1}, {"retryable", false}});
  EXPECT_EQ(final_failure->facts("a").opens, 1) << "trying again would not help";

  const auto before_rows = with_retries(5, {{"fail_at", 0}, {"retryable", true}});
  EXPECT_EQ(before_rows->facts("a").opens, 6);
}

TEST(Executor, Fails_a_step_that_takes_too_long) {
  std::vector<ManifestStep> steps{source("a", kWaits), writer("w", "a"), source("b"), writer("v", "b")};
  steps[0].timeout_ms = 30;
  FakeRun run(std::move(steps));
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kFailed);
  EXPECT_EQ(run.outcome().error->code(), "step.timeout");
  EXPECT_EQ(run.status("a"), "failed");
  expect_aborted(run, "w", "cancelled");
  expect_committed(run, "v", 30);
}

TEST(Executor, Gives_every_reader_of_a_stream_all_rows_whatever_becomes_of_the_others) {
  FakeRun run({source("a", {{"batches", 20}, {"batch_bytes", kLargeBatch}}),
               writer("slow", "a", {{"pause_ms", 2}}), writer("bad", "a", {{"fail_at", 3}}),
               writer("fast", "a")});
  run.run();
  EXPECT_EQ(run.status("a"), "success");
  expect_committed(run, "slow", 200);
  expect_committed(run, "fast", 200);
  expect_aborted(run, "bad", "failed");
  EXPECT_EQ(run.outcome().error->step(), "bad");
}

TEST(Executor, Never_lets_a_stream_that_broke_look_like_one_that_ended) {
  FakeRun run({source("a", {{"batches", 20}, {"fail_at", 5}}), writer("w1", "a"), writer("w2", "a"),
               fake_step("p", "fake.processor", {"a"}), writer("w3", "p")});
  run.run();
  EXPECT_EQ(run.status("a"), "failed");
  for (const char* id : {"w1", "w2", "w3"}) {
    EXPECT_EQ(run.facts(id).commits, 0) << id;
    EXPECT_EQ(run.facts(id).aborts, run.facts(id).opens) << id;
    EXPECT_EQ(run.status(id), "cancelled") << id;
  }
}

TEST(Executor, Stops_a_source_when_all_of_its_readers_are_gone) {
  FakeRun run({source("a", {{"batches", 1'000'000}, {"batch_bytes", kLargeBatch}}),
               writer("w1", "a", {{"fail_at", 0}}), writer("w2", "a", {{"fail_at", 1}})});
  run.run();
  EXPECT_EQ(run.status("a"), "cancelled");
  expect_aborted(run, "w1", "failed");
  expect_aborted(run, "w2", "failed");
  EXPECT_LT(run.counters("a").rows_written, 1000U);
}

TEST(Executor, Runs_what_waits_for_others_after_them_and_not_at_all_where_they_failed) {
  std::vector<ManifestStep> steps{
      source("a"),    writer("w", "a"), source("b"), writer("v", "b"), source("bad", {{"fail_at", 0}}),
      source("never")};
  steps[2].after = {"w"};
  steps[5].after = {"bad", "a"};
  FakeRun run(std::move(steps), {.row_limit = {}, .fail_fast = false, .jobs = 1});
  run.run();
  const auto events = run.events();
  const auto at = [&](const std::string& event) {
    return std::find(events.begin(), events.end(), event) - events.begin();
  };
  EXPECT_LT(at("step_complete w"), at("step_start b"));
  expect_committed(run, "v", 30);
  EXPECT_EQ(run.facts("never").opens, 0);
  EXPECT_EQ(run.status("never"), "cancelled");
  for (const Json& event : run.raw_events()) {
    if (event["event"] == "step_cancelled") {
      EXPECT_EQ(event["because"], "the step 'bad' did not succeed");
    }
  }
}

TEST(Executor, Resolves_every_connection_before_anything_opens) {
  FakeRun run({source("a"), fake_step("w", "shop.writer", {"a"})});
  run.run();
  const Json first = run.raw_events().front();
  EXPECT_EQ(first["event"], "connection_resolve_complete");
  EXPECT_EQ(first["ok"], true);
  EXPECT_THAT(first.dump(), testing::Not(testing::HasSubstr("hunter22")));

  ManifestStep unset = fake_step("w", "shop.writer", {"a"});
  unset.connection = "@shop.unset";
  EXPECT_THAT(error_of([&] {
                FakeRun({source("a"), unset});
              }),
              testing::EndsWith("connection.missing_variable: the variable is not set: 'NO_SUCH_VARIABLE'"));
}

TEST(Executor, Refuses_a_manifest_that_names_what_is_not_there) {
  EXPECT_EQ(error_of([] { FakeRun({fake_step("a", "no.such", {})}); }),
            "manifest.unknown_component: unknown component: 'no.such'");
  EXPECT_EQ(error_of([] { FakeRun({writer("w", "nobody")}); }),
            "manifest.malformed: a step names one that is not there: 'nobody'");
}

/// A random graph of fakes: sources, processors with up to three inputs that they read in any way, writers.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    const std::size_t count = 3 + number(7);
    for (std::size_t index = 0; index < count; ++index) add_step(index);
    drop_implied_order(graph_);
    for (std::size_t index = 0; index < count; ++index) {
      for (const std::size_t other : graph_[index].after) steps_[index].after.push_back(cat("s", other));
    }
  }

  bool is_accepted() const { return find_standstills(graph_).empty(); }
  const std::vector<ManifestStep>& steps() const { return steps_; }
  /// Whether a stream has several readers: the graphs that could stand still.
  bool has_shared_stream() const {
    std::vector<std::size_t> readers(graph_.size());
    for (const GraphStep& step : graph_) {
      for (const std::size_t input : step.inputs) ++readers[input];
    }
    return std::any_of(readers.begin(), readers.end(), [](std::size_t count) { return count > 1; });
  }

 private:
  std::size_t number(std::size_t bound) { return random_() % bound; }

  void add_step(std::size_t index) {
    const std::string id = cat("s", index);
    GraphStep node;
    std::vector<std::string> inputs;
    const std::size_t kind = streams_.empty() ? 0 : number(4);
    const std::size_t input_count = kind == 0 ? 0 : kind == 1 ? 1 + number(3) : 1;
    for (std::size_t input = 0; input < input_count; ++input) {
      node.inputs.push_back(streams_[number(streams_.size())]);
      inputs.push_back(cat("s", node.inputs.back()));
    }
    if (index > 0 && number(4) == 0) node.after.push_back(number(index));
    if (kind == 0) {
      steps_.push_back(source(id, {{"batches", number(6)}, {"rows", 1}, {"batch_bytes", kLargeBatch}}));
    } else if (kind == 1) {
      steps_.push_back(fake_step(id, "fake.processor", inputs,
                                 {{"by_turns", number(2) == 0}, {"backwards", number(2) == 0}}));
    } else {
      steps_.push_back(writer(id, inputs.front()));
    }
    if (kind < 2) streams_.push_back(index);
    graph_.push_back(node);
  }

  std::mt19937 random_;
  std::vector<ManifestStep> steps_;
  std::vector<GraphStep> graph_;
  std::vector<std::size_t> streams_;
};

TEST(Executor, Brings_every_graph_to_its_end_that_compile_accepts) {
  int shared_count = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const RandomGraph graph(seed);
    if (!graph.is_accepted()) continue;
    shared_count += graph.has_shared_stream() ? 1 : 0;
    FakeRun run(graph.steps(), {.row_limit = {}, .fail_fast = false, .jobs = 1 + seed % 3});
    // A run that stands still is stopped, so that the test fails and does not hang.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    run.run_until([&](const FakeComponents&) { return std::chrono::steady_clock::now() > deadline; });
    ASSERT_EQ(run.outcome().status, SessionStatus::kSuccess) << "seed " << seed;
  }
  EXPECT_GT(shared_count, 20) << "the graphs that matter are among them";
}

ManifestStep shop_writer(const std::string& id, const std::string& input, Json config = Json::object()) {
  return fake_step(id, "shop.writer", {input}, std::move(config));
}

TEST(Executor, Does_a_chain_again_whose_writer_lost_its_target) {
  std::vector<ManifestStep> steps{source("a"), shop_writer("w", "a", {{"lose_commits", 2}})};
  steps[1].retry_max = 2;
  steps[1].retry_backoff_ms = 1;
  FakeRun run(std::move(steps));
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kSuccess);
  EXPECT_EQ(run.facts("w").commits, 1);
  EXPECT_EQ(run.facts("w").aborts, 2);
  EXPECT_EQ(run.facts("w").resumed_opens, 2) << "an attempt may have committed a part";
  EXPECT_EQ(run.counters("w").rows_written, 30U);
  EXPECT_EQ(run.counters("a").rows_read, 30U);
  EXPECT_THAT(run.events("step_retry"), ElementsAre("step_retry w", "step_retry w"));
  EXPECT_THAT(run.events("step_complete"), ElementsAre("step_complete a", "step_complete w"));
}

TEST(Executor, Does_a_chain_again_whose_source_breaks_in_the_middle) {
  std::vector<ManifestStep> steps{source("a", {{"fail_at", 2}, {"retryable", true}}), writer("w", "a")};
  steps[0].retry_max = 1;
  steps[0].retry_backoff_ms = 1;
  FakeRun run(std::move(steps));
  run.run();
  EXPECT_EQ(run.facts("a").opens, 2);
  EXPECT_EQ(run.facts("w").aborts, 2);
  EXPECT_EQ(run.outcome().error->step(), "a");
}

TEST(Executor, Cannot_send_rows_again_that_another_chain_has_seen) {
  std::vector<ManifestStep> steps{source("a"), shop_writer("w", "a", {{"lose_commits", 1}}),
                                  writer("w2", "a")};
  steps[1].retry_max = 5;
  FakeRun run(std::move(steps));
  run.run();
  EXPECT_EQ(run.status("w"), "failed");
  EXPECT_EQ(run.facts("w").opens, 1);
}

RunOptions resuming(std::map<std::string, std::uint64_t> complete) {
  RunOptions options;
  options.resume = Resume{"run_1", "run_2", std::move(complete)};
  return options;
}

TEST(Executor, Settles_what_an_earlier_run_has_done) {
  FakeRun run({source("a"), writer("w", "a"), source("b"), shop_writer("v", "b", {{"ledger", 7}}),
               source("c"), shop_writer("u", "c")},
              resuming({{"w", 30}}));
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kSuccess);
  EXPECT_EQ(run.facts("w").opens + run.facts("a").opens, 0) << "its session says so";
  EXPECT_EQ(run.facts("v").opens + run.facts("b").opens, 0) << "its ledger says so";
  EXPECT_EQ(run.counters("v").rows_written, 7U);
  expect_committed(run, "u", 30);
  EXPECT_EQ(run.facts("u").load_session, "run_1");
  EXPECT_EQ(run.facts("u").resumed_opens, 1);
  EXPECT_THAT(run.events("step_settled"), testing::UnorderedElementsAre("step_settled a", "step_settled w",
                                                                        "step_settled b", "step_settled v"));
}

TEST(Executor, Drops_rows_of_a_settled_writer_whose_neighbour_is_not) {
  FakeRun run({source("a"), writer("w", "a"), writer("v", "a")}, resuming({{"w", 30}}));
  run.run();
  EXPECT_EQ(run.outcome().status, SessionStatus::kSuccess);
  EXPECT_EQ(run.facts("w").opens, 0);
  expect_committed(run, "v", 30);
}

TEST(Executor, Keeps_the_mark_of_an_incremental_read_with_its_target) {
  FakeRun run({source("a", {{"incremental", {{"reaches", "9"}}}}), shop_writer("w", "a")});
  run.run();
  EXPECT_EQ(run.facts("w").mark->cursor, "9");
  EXPECT_EQ(run.facts("a").after, "");
}

TEST(Executor, Reads_after_the_mark_that_the_project_keeps_for_a_file) {
  const auto project = std::make_shared<FakeProject>();
  const std::vector<ManifestStep> steps{source("a", {{"incremental", {{"reaches", "9"}}}}), writer("w", "a")};
  FakeRun first(steps, {}, project);
  first.run();
  EXPECT_EQ(first.facts("a").after, "");
  FakeRun second(steps, {}, project);
  second.run();
  EXPECT_EQ(second.facts("a").after, "9");
  FakeRun limited({source("a", {{"incremental", {{"reaches", "99"}}}}), writer("w", "a")}, {.row_limit = 5},
                  project);
  limited.run();
  FakeRun third(steps, {}, project);
  third.run();
  EXPECT_EQ(third.facts("a").after, "9") << "a read that was cut short moves no mark";
}

TEST(Executor, Begins_anew_and_replaces_when_asked_to_refresh) {
  RunOptions options;
  options.range.is_full_refresh = true;
  FakeRun run(
      {source("a", {{"incremental", {{"reaches", "9"}}}}), shop_writer("w", "a", {{"write_mode", "append"}}),
       source("b"), shop_writer("v", "b", {{"write_mode", "append"}})},
      options);
  run.run();
  EXPECT_EQ(run.facts("w").write_mode, "replace");
  EXPECT_EQ(run.facts("v").write_mode, "append") << "its rows are no incremental read's";
}

}  // namespace
}  // namespace osiris
