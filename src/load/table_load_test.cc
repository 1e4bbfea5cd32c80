#include "load/table_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "load/fake_target.h"

namespace osiris {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const Json kUpsert{{"write_mode", "upsert"}, {"primary_key", {"id"}}};

Json with(Json values, const Json& more) {
  values.update(more);
  return values;
}

/// The statements without those that look and those that make the ledger.
std::vector<std::string> statements(const FakeServer& server) {
  std::vector<std::string> shown;
  for (const std::string& line : server.log) {
    if (line.starts_with("CREATE TABLE loads")) continue;
    shown.push_back(line.starts_with("INSERT INTO") ? line.substr(0, line.find(" (")) : line);
  }
  return shown;
}

TEST(TableLoad, Appends_in_one_transaction_and_writes_the_ledger_last) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "9"}, {"name", "old"}}};
  FakeLoad load(server, {{"pre_sql", {"PRE"}}, {"post_sql", {"POST"}}});
  EXPECT_EQ(load.run(3, 2), (LoadResult{3, {}}));
  EXPECT_THAT(server.rows(), ElementsAre("9 old", "1 n1", "2 n2", "3 n3"));
  EXPECT_THAT(statements(server),
              ElementsAre("BEGIN", "PRE", "ROWS 2", "ROWS 1", "POST", "INSERT INTO loads", "COMMIT"));
  ASSERT_THAT(server.loads(), SizeIs(1));
  EXPECT_THAT(server.loads().front(),
              IsSupersetOf({std::pair("load_id", "run_1/load/1"), std::pair("session", "run_1"),
                            std::pair("step", "load"), std::pair("target", "orders"),
                            std::pair("write_mode", "append"), std::pair("row_count", "3"),
                            std::pair("handed_rows", "3"), std::pair("is_last", "1")}));
}

TEST(TableLoad, Removes_the_old_rows_inside_the_transaction) {
  for (const auto& [mode, removal] :
       {std::pair("replace", "DELETE ALL orders"), std::pair("overwrite", "DELETE ALL orders"),
        std::pair("truncate", "TRUNCATE orders")}) {
    FakeServer server;
    server.tables["orders"] = {{{"id", "9"}, {"name", "old"}}};
    FakeLoad(server, {{"write_mode", mode}, {"pre_sql", {"PRE"}}}).run(1);
    EXPECT_THAT(server.rows(), ElementsAre("1 n1")) << mode;
    EXPECT_THAT(statements(server),
                ElementsAre("BEGIN", "PRE", removal, "ROWS 1", "INSERT INTO loads", "COMMIT"));
  }
}

TEST(TableLoad, Truncates_before_the_transaction_where_truncate_would_end_it) {
  FakeServer server;
  server.has_transactional_ddl = false;
  FakeLoad(server, {{"write_mode", "truncate"}}).run(1);
  EXPECT_THAT(statements(server),
              ElementsAre("TRUNCATE orders", "BEGIN", "ROWS 1", "INSERT INTO loads", "COMMIT"));
}

TEST(TableLoad, Replaces_by_nothing_and_leaves_a_ledger_row_of_it) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "9"}, {"name", "old"}}};
  EXPECT_EQ(FakeLoad(server, {{"write_mode", "replace"}}).run(0).row_count, 0U);
  EXPECT_THAT(server.rows(), IsEmpty());
  EXPECT_THAT(server.loads(), SizeIs(1));
}

TEST(TableLoad, Begins_no_transaction_before_the_first_row) {
  FakeServer server;
  FakeLoad load(server);
  const auto writer = load.open();
  EXPECT_THAT(server.log, Not(Contains("BEGIN")));
  writer->abort(std::chrono::steady_clock::now());
  EXPECT_THAT(server.log, Not(Contains("ROLLBACK")));
}

TEST(TableLoad, Undoes_a_load_that_is_aborted) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "9"}, {"name", "old"}}};
  FakeLoad load(server, {{"write_mode", "replace"}});
  const auto writer = load.open();
  writer->write(orders_batch(1, 5));
  writer->abort(std::chrono::steady_clock::now());
  EXPECT_THAT(server.rows(), ElementsAre("9 old"));
  EXPECT_THAT(server.loads(), IsEmpty());
}

TEST(TableLoad, Merges_staged_rows_and_counts_what_became_of_the_targets_rows) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "1"}, {"name", "n1"}}, {{"id", "2"}, {"name", "other"}}};
  EXPECT_EQ(FakeLoad(server, kUpsert).run(3), (LoadResult{3, MergeCounts{1, 1, 1, 0}}));
  EXPECT_THAT(server.rows(), ElementsAre("1 n1", "2 n2", "3 n3"));
  EXPECT_THAT(statements(server),
              ElementsAre("BEGIN", "STAGE", "ROWS 3", "MERGE 0 3", "INSERT INTO loads", "COMMIT"));
  EXPECT_EQ(server.loads().front().at("rows_unchanged"), "1");
}

TEST(TableLoad, Deletes_what_the_load_does_not_have) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "1"}, {"name", "n1"}}, {{"id", "7"}, {"name", "gone"}}};
  EXPECT_EQ(FakeLoad(server, with(kUpsert, {{"delete_missing", "hard"}})).run(2),
            (LoadResult{2, MergeCounts{1, 0, 1, 1}}));
  EXPECT_THAT(server.rows(), ElementsAre("1 n1", "2 n2"));
  EXPECT_EQ(server.loads().front().at("rows_deleted"), "1");
}

TEST(TableLoad, Deletes_nothing_where_rows_were_left_out) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "2"}, {"name", "n2"}}};
  server.unencodable = {"2"};
  FakeLoad load(server, with(kUpsert, {{"delete_missing", "hard"}, {"on_bad_row", "skip"}}));
  EXPECT_EQ(load.run(3).merge->deleted, 0U);
  EXPECT_THAT(server.rows(), ElementsAre("2 n2", "1 n1", "3 n3"));
  EXPECT_THAT(load.context.warnings, ElementsAre(StartsWith("load.nothing_deleted: ")));
}

TEST(TableLoad, Keeps_the_mark_in_the_same_transaction) {
  FakeServer server;
  FakeLoad load(server, {{"post_sql", {"POST"}}});
  load.context.load.mark_name = "pipeline/read";
  const auto writer = load.open();
  writer->write(orders_batch(1, 3));
  writer->commit({2, Mark{"d2", {"1", "2"}}});
  EXPECT_THAT(statements(server), ElementsAre("CREATE TABLE marks (name)", "BEGIN", "ROWS 2", "POST",
                                              "DELETE FROM marks WHERE name = 'pipeline/read'",
                                              "INSERT INTO marks", "INSERT INTO loads", "COMMIT"));
  EXPECT_EQ(find_mark(load.config, load.context, load.opener(), "pipeline/read"), (Mark{"d2", {"1", "2"}}));
  forget_mark(load.config, load.context, load.opener(), "pipeline/read");
  EXPECT_EQ(find_mark(load.config, load.context, load.opener(), "pipeline/read"), std::nullopt);
}

TEST(TableLoad, Refuses_rows_that_were_not_acknowledged) {
  for (const char* policy : {"fail", "skip"}) {
    FakeServer server;
    server.dropped = {"2"};
    EXPECT_EQ(error_of([&] {
                FakeLoad(server, {{"on_bad_row", policy}}).run(3);
              }),
              "load.rows_missing: the server acknowledged 2 rows of 3");
    EXPECT_THAT(server.rows(), IsEmpty());
  }
}

TEST(TableLoad, Works_without_a_ledger) {
  FakeServer server;
  FakeLoad load(server, {{"ledger", false}});
  EXPECT_EQ(load.run(2).row_count, 2U);
  EXPECT_FALSE(server.tables.contains("loads"));
  EXPECT_EQ(load.context.loads.front().load_id, "");
  EXPECT_EQ(load.find(), std::nullopt);
}

TEST(TableLoad, Makes_the_table_in_the_transaction_where_that_can_be_undone) {
  FakeServer server;
  server.tables.erase("orders");
  server.refused = {"2"};
  const Json config{{"create_if_missing", true}, {"primary_key", {"id"}}};
  EXPECT_THAT(error_of([&] { FakeLoad(server, config).run(2); }), StartsWith("value.out_of_range"));
  EXPECT_FALSE(server.tables.contains("orders"));
  server.refused.clear();
  FakeLoad load(server, config);
  load.run(2);
  EXPECT_THAT(server.rows(), SizeIs(2));
  EXPECT_TRUE(load.context.loads.front().is_created);
  EXPECT_THAT(server.log, Contains("CREATE TABLE orders (id)"));
}

TEST(TableLoad, Makes_the_table_before_the_transaction_elsewhere) {
  FakeServer server;
  server.has_transactional_ddl = false;
  server.tables.erase("orders");
  FakeLoad load(server, {{"create_if_missing", true}});
  const auto writer = load.open();
  EXPECT_TRUE(server.tables.contains("orders"));
  writer->write(orders_batch(1, 2));
  writer->commit({1});
  EXPECT_THAT(statements(server),
              ElementsAre("CREATE TABLE orders ()", "BEGIN", "ROWS 1", "INSERT INTO loads", "COMMIT"));
}

TEST(TableLoad, Adds_the_columns_that_the_table_lacks) {
  FakeServer server;
  server.orders.columns.pop_back();
  FakeLoad(server, {{"schema_policy", "add_columns"}}).run(1);
  EXPECT_THAT(statements(server),
              ElementsAre("BEGIN", "ADD COLUMN name text", "ROWS 1", "INSERT INTO loads", "COMMIT"));
  EXPECT_THAT(server.rows(), ElementsAre("1 n1"));
}

// ---- bad rows

TEST(TableLoadBadRows, End_the_load_with_their_number) {
  FakeServer server;
  server.unencodable = {"5"};
  EXPECT_EQ(error_of([&] { FakeLoad(server).run(6, 2); }), "value.too_long: row 5: column 'id' is too long");
  EXPECT_THAT(server.log, Not(Contains(HasSubstr("SAVEPOINT")))) << "the fast road";
  EXPECT_THAT(server.rows(), IsEmpty());
}

TEST(TableLoadBadRows, Are_found_by_halves_where_the_server_refuses_them) {
  for (const Json& config :
       {Json{{"on_bad_row", "quarantine"}}, with(kUpsert, {{"on_bad_row", "quarantine"}})}) {
    FakeServer server;
    server.refused = {"3", "4", "9"};
    server.unencodable = {"1", "6"};
    FakeLoad load(server, config);
    EXPECT_EQ(load.run(10, 5).row_count, 5U);
    EXPECT_THAT(server.rows(), testing::UnorderedElementsAre("2 n2", "5 n5", "7 n7", "8 n8", "10 n10"));
    std::vector<std::string> refused;
    for (const RefusedRow& row : load.context.refused) {
      refused.push_back(cat(row.source["row"].dump(), " ", row.reason_code, " ", row.column, " ", row.raw));
    }
    EXPECT_THAT(refused, testing::UnorderedElementsAre(
                             R"(1 value.too_long id "1","n1")", R"(3 value.out_of_range  "3","n3")",
                             R"(4 value.out_of_range  "4","n4")", R"(6 value.too_long id "6","n6")",
                             R"(9 value.out_of_range  "9","n9")"));
    EXPECT_EQ(server.loads().front().at("row_count"), "5");
    EXPECT_EQ(server.loads().front().at("handed_rows"), "10");
  }
}

TEST(TableLoadBadRows, Leave_no_savepoint_behind) {
  FakeServer server;
  server.refused = {"2", "3"};
  FakeLoad(server, {{"on_bad_row", "skip"}}).run(4);
  std::ptrdiff_t open = 0, deepest = 0;
  for (const std::string& line : server.log) {
    open += line.starts_with("SAVEPOINT") ? 1 : line.starts_with("RELEASE") ? -1 : 0;
    deepest = std::max(deepest, open);
  }
  EXPECT_EQ(open, 0);
  EXPECT_EQ(deepest, 1);
}

TEST(TableLoadBadRows, Are_found_in_the_merge_with_the_numbers_of_the_load) {
  FakeServer server;
  server.unencodable = {"2"};
  server.refused = {"5"};
  server.refused_by_merge = {"3", "8"};
  FakeLoad load(server, with(kUpsert, {{"on_bad_row", "quarantine"}}));
  EXPECT_EQ(load.run(8, 4), (LoadResult{4, MergeCounts{4, 0, 0, 0}}));
  EXPECT_THAT(server.rows(), testing::UnorderedElementsAre("1 n1", "4 n4", "6 n6", "7 n7"));
  ASSERT_THAT(load.context.refused, SizeIs(4));
  const RefusedRow& merged = load.context.refused[2];
  EXPECT_EQ(merged.source, Json::parse(R"({"row": 3, "key": {"id": "3"}})"));
  EXPECT_EQ(merged.raw, R"("3","n3")");
  EXPECT_EQ(load.context.refused[3].source["row"], 8);
}

TEST(TableLoadBadRows, End_the_load_where_the_target_has_no_savepoints_and_refuses_them) {
  FakeServer server;
  server.has_savepoints = false;
  server.unencodable = {"2"};
  EXPECT_EQ(FakeLoad(server, {{"on_bad_row", "skip"}}).run(3).row_count, 2U);
  EXPECT_THAT(server.log, Not(Contains(HasSubstr("SAVEPOINT"))));
  server.refused = {"5"};
  FakeLoad load(server, {{"on_bad_row", "skip"}});
  EXPECT_NE(error_of([&] { load.run(6); }), "");
}

TEST(TableLoadBadRows, Are_counted_where_they_are_skipped) {
  FakeServer server;
  server.refused = {"2"};
  server.unencodable = {"4"};
  FakeLoad load(server, {{"on_bad_row", "skip"}, {"max_bad_rows", 2}});
  EXPECT_EQ(load.run(4).row_count, 2U);
  EXPECT_EQ(load.context.skipped_rows, 2U);
  EXPECT_THAT(load.context.refused, IsEmpty());
}

TEST(TableLoadBadRows, Are_too_many_at_last) {
  FakeServer server;
  server.unencodable = {"2", "4", "6"};
  FakeLoad load(server, {{"on_bad_row", "quarantine"}, {"max_bad_rows", 2}});
  EXPECT_EQ(error_of([&] { load.run(8, 2); }),
            "load.too_many_bad_rows: more than 2 bad rows; the last is row 6: column 'id' is too long");
  EXPECT_THAT(server.rows(), IsEmpty());
}

TEST(TableLoadBadRows, Are_told_in_rows_of_the_load_by_the_server_too) {
  FakeServer server;
  server.refused = {"6"};
  EXPECT_EQ(error_of([&] {
              FakeLoad(server, {{"chunk_rows", 4}}).run(8);
            }),
            "value.out_of_range: row 6 is beyond its type: '6'");
  FakeLoad load(server, {{"on_bad_row", "quarantine"}});
  load.context.load.session = "run_2";
  load.run(8);
  EXPECT_EQ(load.context.refused.front().message, "row 6 is beyond its type: '6'");
}

TEST(TableLoadBadRows, End_at_an_error_that_is_no_rows) {
  FakeServer server;
  server.connection_losses = {"ROWS"};
  EXPECT_EQ(error_of([&] {
              FakeLoad(server, {{"on_bad_row", "skip"}}).run(4);
            }),
            "connection.lost: the connection broke at ROWS 4");
}

// ---- chunks

TEST(TableLoadChunks, End_exactly_at_their_rows) {
  FakeServer server;
  EXPECT_EQ(FakeLoad(server, {{"chunk_rows", 3}}).run(7, 5).row_count, 7U);
  EXPECT_THAT(statements(server), ElementsAre("BEGIN", "ROWS 3", "INSERT INTO loads", "COMMIT",            //
                                              "BEGIN", "ROWS 2", "ROWS 1", "INSERT INTO loads", "COMMIT",  //
                                              "BEGIN", "ROWS 1", "INSERT INTO loads", "COMMIT"));
  std::vector<std::string> loads;
  for (const FakeRow& row : server.loads()) {
    loads.push_back(cat(row.at("load_id"), " ", row.at("row_count"), " ", row.at("is_last")));
  }
  EXPECT_THAT(loads, ElementsAre("run_1/load/1 3 0", "run_1/load/2 3 0", "run_1/load/3 1 1"));
}

TEST(TableLoadChunks, Have_a_last_one_without_rows_where_the_rows_fill_them) {
  FakeServer server;
  FakeLoad(server, {{"chunk_rows", 3}}).run(6);
  ASSERT_THAT(server.loads(), SizeIs(3));
  EXPECT_EQ(server.loads().back().at("row_count"), "0");
}

TEST(TableLoadChunks, Begin_and_end_the_load_once) {
  FakeServer server;
  server.tables["orders"] = {{{"id", "9"}, {"name", "old"}}};
  FakeLoad(server,
           {{"write_mode", "truncate"}, {"chunk_rows", 2}, {"pre_sql", {"PRE"}}, {"post_sql", {"POST"}}})
      .run(3);
  EXPECT_THAT(server.rows(), ElementsAre("1 n1", "2 n2", "3 n3"));
  EXPECT_THAT(statements(server),
              ElementsAre("BEGIN", "PRE", "TRUNCATE orders", "ROWS 2", "INSERT INTO loads", "COMMIT",  //
                          "BEGIN", "ROWS 1", "POST", "INSERT INTO loads", "COMMIT"));
}

TEST(TableLoadChunks, Merge_each_their_own_rows) {
  FakeServer server;
  EXPECT_EQ(FakeLoad(server, with(kUpsert, {{"chunk_rows", 2}})).run(3),
            (LoadResult{3, MergeCounts{3, 0, 0, 0}}));
  EXPECT_THAT(statements(server),
              ElementsAre("BEGIN", "STAGE", "ROWS 2", "MERGE 0 2", "INSERT INTO loads", "COMMIT",  //
                          "BEGIN", "CLEAR STAGING", "ROWS 1", "MERGE 0 1", "INSERT INTO loads", "COMMIT"));
}

}  // namespace
}  // namespace osiris
