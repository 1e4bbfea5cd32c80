// What a load finds out about an earlier one of the same name, and about a COMMIT without an answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "load/fake_target.h"
#include "load/table_load.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const Json kChunks{{"chunk_rows", 3}};

std::vector<std::string> ids_of_loads(const FakeServer& server) {
  std::vector<std::string> ids;
  for (const FakeRow& row : server.loads()) ids.push_back(row.at("load_id"));
  return ids;
}

/// Commits two chunks of three rows, then breaks.
void begin_load(FakeServer& server, Json config = kChunks) {
  server.commits = {FakeCommit::kAnswered, FakeCommit::kAnswered, FakeCommit::kLost};
  EXPECT_THAT(error_of([&] { FakeLoad(server, std::move(config)).run(10, 4); }),
              StartsWith("load.commit_lost"));
  EXPECT_THAT(server.rows(), SizeIs(6));
}

// ---- COMMIT

TEST(LoadCommit, Is_done_where_the_ledger_has_its_row) {
  for (const FakeCommit kind : {FakeCommit::kDoneUnanswered, FakeCommit::kStillRunning}) {
    FakeServer server;
    server.commits = {kind};
    EXPECT_EQ(FakeLoad(server).run(3).row_count, 3U);
    EXPECT_EQ(server.connections, 2);
    EXPECT_THAT(server.rows(), SizeIs(3));
    EXPECT_THAT(ids_of_loads(server), ElementsAre("run_1/load/1"));
  }
}

TEST(LoadCommit, Is_lost_where_the_ledger_has_not) {
  FakeServer server;
  server.commits = {FakeCommit::kLost};
  FakeLoad load(server);
  const auto writer = load.open();
  writer->write(orders_batch(1, 4));
  try {
    writer->commit({3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "load.commit_lost");
    EXPECT_EQ(error.kind(), ErrorKind::kConnection);
    EXPECT_TRUE(error.is_retryable());
  }
  const std::size_t statements = server.log.size();
  writer->abort(std::chrono::steady_clock::now());
  EXPECT_THAT(server.log, SizeIs(statements)) << "there is nothing to undo";
  EXPECT_THAT(server.rows(), IsEmpty());
  EXPECT_THAT(server.loads(), IsEmpty()) << "the question leaves nothing";
}

TEST(LoadCommit, Is_unknown_where_nobody_answers) {
  FakeServer unreachable;
  unreachable.commits = {FakeCommit::kDoneUnanswered};
  FakeLoad load(unreachable);
  const auto writer = load.open();
  unreachable.refuses_connections = true;
  EXPECT_EQ(
      error_of([&] { writer->commit({0}); }),
      "load.commit_unknown: the answer to COMMIT was lost, and what became of it cannot be found out now: "
      "the connection broke at connect");
  writer->abort(std::chrono::steady_clock::now());

  FakeServer stuck;
  stuck.commits = {FakeCommit::kStuck};
  EXPECT_THAT(error_of([&] { FakeLoad(stuck).run(1); }), StartsWith("load.commit_unknown"));
}

TEST(LoadCommit, Is_unknown_without_a_ledger) {
  FakeServer server;
  server.commits = {FakeCommit::kDoneUnanswered};
  EXPECT_THAT(error_of([&] {
                FakeLoad(server, {{"ledger", false}}).run(1);
              }),
              StartsWith("load.commit_unknown: the answer to COMMIT was lost, and without a ledger"));
  EXPECT_EQ(server.connections, 1);
}

TEST(LoadCommit, Is_found_out_in_the_middle_of_a_merge_in_chunks) {
  FakeServer server;
  server.commits = {FakeCommit::kDoneUnanswered};
  FakeLoad load(server, {{"chunk_rows", 3}, {"write_mode", "upsert"}, {"primary_key", {"id"}}});
  EXPECT_EQ(load.run(5).merge->inserted, 5U) << "the staging table went with the connection";
  EXPECT_THAT(server.rows(), SizeIs(5));
}

// ---- an earlier load

TEST(LoadResume, Does_again_what_was_not_committed) {
  FakeServer server;
  server.connection_losses = {"INSERT INTO loads"};
  EXPECT_THAT(error_of([&] { FakeLoad(server).run(3); }), StartsWith("connection.lost"));
  EXPECT_EQ(FakeLoad(server).resumed().find(), std::nullopt);
  EXPECT_EQ(FakeLoad(server).resumed().run(3).row_count, 3U);
  EXPECT_THAT(server.rows(), SizeIs(3));
}

TEST(LoadResume, Acknowledges_what_was_committed_and_drops_what_comes) {
  FakeServer server;
  const Json upsert{{"write_mode", "upsert"}, {"primary_key", {"id"}}};
  const LoadResult result = FakeLoad(server, upsert).run(3);
  EXPECT_EQ(FakeLoad(server, upsert).resumed().find(), result);
  EXPECT_EQ(FakeLoad(server, upsert).resumed().run(3), result);
  EXPECT_THAT(ids_of_loads(server), ElementsAre("run_1/load/1"));
}

TEST(LoadResume, Is_the_only_way_to_commit_a_load_twice) {
  FakeServer server;
  FakeLoad(server).run(3);
  EXPECT_THAT(error_of([&] { FakeLoad(server).run(3); }), StartsWith("value.duplicate_key"));
  EXPECT_THAT(server.rows(), SizeIs(3));
}

TEST(LoadResume, Waits_for_a_transaction_that_is_ending) {
  FakeServer server;
  FakeLoad first(server);
  const auto writer = first.open();
  writer->write(orders_batch(1, 4));
  server.commits = {FakeCommit::kStillRunning};
  server.refuses_connections = true;
  EXPECT_THAT(error_of([&] { writer->commit({3}); }), StartsWith("load.commit_unknown"));
  server.refuses_connections = false;
  EXPECT_EQ(FakeLoad(server).resumed().find(), (LoadResult{3, {}}));
  EXPECT_THAT(server.rows(), SizeIs(3));
}

TEST(LoadResume, Says_so_where_that_transaction_does_not_end) {
  FakeServer server;
  server.commits = {FakeCommit::kStuck};
  EXPECT_THAT(error_of([&] { FakeLoad(server).run(3); }), StartsWith("load.commit_unknown"));
  EXPECT_THAT(error_of([&] { FakeLoad(server).resumed().find(); }), StartsWith("query.locked"));
  EXPECT_THAT(error_of([&] { FakeLoad(server).resumed().open(); }), StartsWith("query.locked"));
}

TEST(LoadResume, Finds_nothing_where_there_is_no_table_and_makes_none) {
  FakeServer server;
  EXPECT_EQ(FakeLoad(server).resumed().find(), std::nullopt);
  EXPECT_FALSE(server.tables.contains("loads"));
  server.tables.erase("orders");
  EXPECT_EQ(FakeLoad(server).resumed().find(), std::nullopt);
}

TEST(LoadResume, Skips_the_chunks_that_are_committed_however_the_rows_come) {
  for (const std::int64_t batch_rows : {1, 2, 5, 2048}) {
    FakeServer server;
    begin_load(server);
    EXPECT_EQ(FakeLoad(server, kChunks).resumed().find(), std::nullopt);
    EXPECT_EQ(FakeLoad(server, kChunks).resumed().run(10, batch_rows).row_count, 10U);
    EXPECT_THAT(server.rows(), SizeIs(10));
    EXPECT_THAT(ids_of_loads(server),
                ElementsAre("run_1/load/1", "run_1/load/2", "run_1/load/3", "run_1/load/4"));
    EXPECT_EQ(FakeLoad(server, kChunks).resumed().find(), (LoadResult{10, {}}));
  }
}

TEST(LoadResume, Counts_merges_of_committed_chunks_too) {
  FakeServer server;
  const Json upsert{{"chunk_rows", 3}, {"write_mode", "upsert"}, {"primary_key", {"id"}}};
  begin_load(server, upsert);
  EXPECT_EQ(FakeLoad(server, upsert).resumed().run(10), (LoadResult{10, MergeCounts{10, 0, 0, 0}}));
}

TEST(LoadResume, Does_not_remove_rows_again) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "99"}}};
  const Json truncate{{"chunk_rows", 3}, {"write_mode", "truncate"}};
  begin_load(server, truncate);
  FakeLoad(server, truncate).resumed().run(10);
  EXPECT_THAT(server.rows(), SizeIs(10));
}

TEST(LoadResume, Refuses_rows_that_differ_from_those_committed) {
  FakeServer server;
  begin_load(server);
  FakeLoad load(server, kChunks);
  const auto writer = load.resumed().open();
  writer->write(orders_batch(1, 5));
  EXPECT_EQ(error_of([&] { writer->write(orders_batch(6, 9)); }),
            "load.resume_differs: the source gives other rows than before: of its first 6 rows, which are "
            "committed, some differ now");
  writer->abort(std::chrono::steady_clock::now());
  EXPECT_THAT(server.rows(), SizeIs(6));
}

TEST(LoadResume, Refuses_fewer_rows_than_are_committed) {
  FakeServer server;
  begin_load(server);
  EXPECT_EQ(
      error_of([&] { FakeLoad(server, kChunks).resumed().run(5); }),
      "load.resume_differs: the source gives fewer rows than before: it ends after 5 rows, and more are "
      "committed");
}

TEST(LoadResume, Counts_the_bad_rows_of_committed_chunks) {
  FakeServer server;
  server.unencodable = {"1", "2", "8"};
  const Json config{{"chunk_rows", 3}, {"on_bad_row", "skip"}, {"max_bad_rows", 2}};
  server.commits = {FakeCommit::kAnswered, FakeCommit::kAnswered, FakeCommit::kLost};
  EXPECT_THAT(error_of([&] { FakeLoad(server, config).run(10, 4); }), StartsWith("load.too_many_bad_rows"));
  EXPECT_THAT(error_of([&] { FakeLoad(server, config).resumed().run(10); }),
              StartsWith("load.too_many_bad_rows"));
}

// ---- the ledger's table

TEST(Ledger, Is_made_once_and_by_whoever_comes_first) {
  FakeServer server;
  FakeLoad(server).run(1);
  FakeLoad second(server);
  second.context.load.session = "run_2";
  second.run(1);
  EXPECT_EQ(std::count(server.log.begin(), server.log.end(), "CREATE TABLE loads (load_id)"), 1);
  EXPECT_THAT(ids_of_loads(server), ElementsAre("run_1/load/1", "run_2/load/1"));
}

TEST(Ledger, Says_what_for_where_it_cannot_be_made) {
  FakeServer server;
  server.connection_losses = {"CREATE TABLE loads"};
  EXPECT_EQ(
      error_of([&] { FakeLoad(server).open(); }),
      "load.no_ledger_table: the table loads, which remembers loads, cannot be made: the connection broke "
      "at CREATE TABLE loads (load_id)");
}

TEST(Ledger, Is_not_hurt_by_another_program_that_makes_it_in_the_same_moment) {
  FakeServer server;
  server.makes_tables_elsewhere = true;
  EXPECT_EQ(FakeLoad(server).run(1).row_count, 1U);
}

}  // namespace
}  // namespace osiris
