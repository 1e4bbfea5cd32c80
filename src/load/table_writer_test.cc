#include "load/table_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "load/fake_target.h"

namespace osiris {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Preview preview(FakeServer& server, Json values, std::optional<Schema> schema = orders_schema()) {
  FakeLoad load(server, std::move(values));
  return preview_load(load.config, {{"rows", std::move(schema)}}, load.context, load.opener());
}

TEST(LoadOptions, Are_read_from_the_config) {
  const LoadOptions options(load_config({{"write_mode", "overwrite"},
                                         {"schema_policy", "ignore_extra"},
                                         {"delete_missing", "soft"},
                                         {"on_bad_row", "quarantine"},
                                         {"max_bad_rows", 7},
                                         {"chunk_rows", 9},
                                         {"pre_sql", {"a", "b"}},
                                         {"ledger", false}}));
  EXPECT_EQ(options.mode, WriteMode::kReplace);
  EXPECT_EQ(options.schema_policy, SchemaPolicy::kIgnoreExtra);
  EXPECT_EQ(options.delete_missing, DeleteMissing::kSoft);
  EXPECT_EQ(options.on_bad_row, OnBadRow::kQuarantine);
  EXPECT_EQ(options.max_bad_rows, 7U);
  EXPECT_EQ(options.chunk_rows, 9U);
  EXPECT_THAT(options.pre_sql, ElementsAre("a", "b"));
  EXPECT_FALSE(options.has_ledger);
}

TEST(LoadOptions, Have_defaults_that_harm_nobody) {
  const LoadOptions options(load_config());
  EXPECT_EQ(to_string(options.mode), "append");
  EXPECT_EQ(options.schema_policy, SchemaPolicy::kFail);
  EXPECT_EQ(options.delete_missing, DeleteMissing::kOff);
  EXPECT_EQ(options.on_bad_row, OnBadRow::kFail);
  EXPECT_FALSE(options.create_if_missing);
  EXPECT_TRUE(options.has_ledger);
  EXPECT_EQ(options.max_bad_rows, 0U);
  EXPECT_EQ(options.chunk_rows, 0U);
}

TEST(TableWriter, Tells_how_the_load_begins) {
  FakeServer server;
  FakeLoad load(server, {{"write_mode", "replace"}});
  load.open();
  ASSERT_EQ(load.context.loads.size(), 1U);
  const LoadStart& start = load.context.loads.front();
  EXPECT_EQ(start.table, "orders");
  EXPECT_EQ(start.write_mode, "replace");
  EXPECT_EQ(start.road, "memory");
  EXPECT_EQ(start.load_id, "run_1/load/1");
  EXPECT_FALSE(start.is_created);
}

TEST(TableWriter, Refuses_before_it_changes_anything) {
  FakeServer server;
  const auto open = [&](Json values) {
    FakeLoad load(server, std::move(values));
    load.context.load.mark_name = "p/read";
    load.open();
  };
  EXPECT_EQ(error_of([&] {
              open({{"table", "ordres"}});
            }),
            "load.missing_table: the table does not exist: 'ordres'");
  EXPECT_THAT(error_of([&] { open({{"allow_lossy", {"x"}}}); }), StartsWith("load.unknown_option_column"));
  EXPECT_THAT(error_of([&] {
                open({{"write_mode", "upsert"}, {"primary_key", {"id"}}, {"delete_missing", "hard"}});
              }),
              StartsWith("load.incremental_delete"));
  EXPECT_THAT(server.log, IsEmpty());
}

TEST(LoadPreview, Tells_table_columns_and_what_readers_see) {
  FakeServer server;
  server.orders.estimated_rows = 1200;
  server.orders.columns[0].declared = "bigint";
  const Preview told = preview(server, {{"write_mode", "replace"}});
  EXPECT_THAT(told.writes, ElementsAre("table orders (replace, it has about 1,200 rows)"));
  ASSERT_EQ(told.columns.size(), 2U);
  EXPECT_EQ(told.columns[0].target_type, "bigint");
  EXPECT_EQ(told.columns[0].verdict, Verdict::kExact);
  EXPECT_THAT(told.notes, ElementsAre("replace: readers see the old rows until all new ones are there"));
}

TEST(LoadPreview, Tells_what_is_not_promised) {
  FakeServer server;
  server.has_transactional_ddl = false;
  server.orders.transaction_obstacle = "its engine X has no transactions";
  EXPECT_THAT(
      preview(server, {{"write_mode", "truncate"}, {"ledger", false}}).notes,
      ElementsAre(StartsWith("truncate: not atomic"), StartsWith("without a ledger"),
                  "a load that fails leaves the rows that it got, for its engine X has no transactions"));
  server.orders.transaction_obstacle.clear();
  EXPECT_THAT(preview(server, {{"chunk_rows", 5000}}).notes,
              ElementsAre("append: commits every 5,000 rows; readers see each of these chunks at once"));
}

TEST(LoadPreview, Tells_what_it_would_make) {
  FakeServer server;
  server.has_transactional_ddl = false;
  server.orders.columns.pop_back();
  EXPECT_THAT(preview(server, {{"schema_policy", "add_columns"}}).notes,
              Contains("adds the columns name text"));
  EXPECT_THAT(preview(server, {{"schema_policy", "ignore_extra"}}).notes,
              Contains("columns that the table does not have are dropped: name"));
  server.tables.erase("orders");
  const Preview made = preview(server, {{"create_if_missing", true}});
  EXPECT_THAT(made.writes, ElementsAre("table orders (append, makes it)"));
  EXPECT_THAT(made.notes, Contains("the table is made before the load and stays, empty, if the load fails"));
  EXPECT_THAT(server.log, IsEmpty()) << "nothing is done";
}

TEST(LoadPreview, Fails_as_the_run_would) {
  FakeServer server;
  server.orders.columns.pop_back();
  EXPECT_THAT(error_of([&] { preview(server, Json::object()); }), StartsWith("load.unknown_column"));
  EXPECT_THAT(error_of([&] {
                preview(server, {{"table", "other"}}, std::nullopt);
              }),
              StartsWith("load.missing_table"));
}

TEST(LoadPreview, Says_what_is_known_of_rows_that_are_not) {
  FakeServer server;
  const Preview told = preview(server, Json::object(), std::nullopt);
  EXPECT_THAT(told.writes, ElementsAre("table orders (append)"));
  EXPECT_THAT(told.notes, ElementsAre("where the columns go is known once the source runs"));
}

}  // namespace
}  // namespace osiris
