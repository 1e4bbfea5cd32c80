#include "engine/database_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/test_folder.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

using Rows = std::vector<std::vector<std::optional<std::string>>>;

class DatabaseFileTest : public testing::Test {
 protected:
  DatabaseFileTest() { options_.database_file = folder_.path() / "shop.db"; }

  static Batch numbers(const Schema& schema, std::int64_t begin, std::int64_t end) {
    BatchBuilder builder(schema);
    for (std::int64_t number = begin; number < end; ++number) {
      builder.append(0, number);
      builder.end_row();
    }
    return builder.finish();
  }

  TestFolder folder_;
  SqlOptions options_;
};

TEST_F(DatabaseFileTest, keeps_what_was_committed) {
  {
    DatabaseFile database(options_);
    database.run("CREATE TABLE t (n BIGINT, note VARCHAR)");
    database.run("BEGIN TRANSACTION");
    EXPECT_EQ(database.run("INSERT INTO t VALUES (1, 'a'), (2, NULL)"), 2U);
    database.run("COMMIT");
    database.run("BEGIN TRANSACTION");
    database.run("DELETE FROM t");
    database.roll_back();
  }
  DatabaseFile database(options_, DatabaseFile::Access::kOnlyLook);
  EXPECT_EQ(database.rows("SELECT n, note FROM t ORDER BY n"), (Rows{{"1", "a"}, {"2", std::nullopt}}));
  EXPECT_THAT(error_of([&] { database.run("DELETE FROM t"); }), StartsWith("sql."));
}

TEST_F(DatabaseFileTest, reads_rows_that_come_from_outside_again_and_again) {
  DatabaseFile database(options_);
  database.run("CREATE TABLE t (n BIGINT)");
  ColumnType column;
  column.name = "n";
  column.type.id = TypeId::kInt64;
  const Schema schema{column};
  RowFeed feed(database, schema);
  const std::string insert = "INSERT INTO t SELECT n FROM " + feed.table() + " WHERE n <> 3";
  std::vector<Batch> batches;
  batches.push_back(numbers(schema, 1, 4));
  batches.push_back(numbers(schema, 4, 6));
  EXPECT_EQ(feed.run(insert, std::move(batches)), 4U);
  EXPECT_EQ(feed.run(insert, {}), 0U);
  EXPECT_EQ(feed.run(insert, {numbers(schema, 6, 7)}), 1U);
  EXPECT_EQ(database.rows("SELECT sum(n)::BIGINT, count(*) FROM t"), (Rows{{"18", "5"}}));
}

TEST_F(DatabaseFileTest, is_one_database_however_often_it_is_open) {
  DatabaseFile first(options_);
  first.run("CREATE TABLE t (n BIGINT)");
  DatabaseFile second(options_);
  second.run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(first.rows("SELECT n FROM t"), (Rows{{"1"}}));
  EXPECT_THAT(error_of([&] { DatabaseFile(options_, DatabaseFile::Access::kOnlyLook); }),
              StartsWith("query.locked: another step of this run has the database file open"));
}

TEST_F(DatabaseFileTest, says_what_is_wrong_with_a_file) {
  EXPECT_THAT(error_of([&] { DatabaseFile(options_, DatabaseFile::Access::kOnlyLook); }),
              StartsWith("connection.unknown_database: "));
  folder_.write("shop.db", "id,name\n");
  EXPECT_THAT(error_of([&] { DatabaseFile database(options_); }), StartsWith("connection.not_a_database: "));
}

TEST_F(DatabaseFileTest, tells_a_rule_of_a_table_from_a_mistake) {
  DatabaseFile database(options_);
  database.run("CREATE TABLE t (n BIGINT PRIMARY KEY)");
  database.run("INSERT INTO t VALUES (1)");
  EXPECT_THAT(error_of([&] { database.run("INSERT INTO t VALUES (1)"); }), StartsWith("value.refused: "));
  EXPECT_THAT(error_of([&] { database.run("SELEKT"); }), StartsWith("sql.invalid: "));
}

}  // namespace
}  // namespace osiris
