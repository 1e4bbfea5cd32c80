#include "load/table_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "load/fake_target.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Schema schema_of(const std::vector<std::string>& names) {
  Schema schema;
  for (const std::string& name : names) schema.emplace_back().name = name;
  return schema;
}

/// The table "orders" of FakeServer, changed, and what matching tells about it.
struct Matching {
  explicit Matching(Json values = Json::object()) : options(load_config(std::move(values))) {
    table = server.orders;
  }
  TableMatch match(const Schema& schema) { return match_table(schema, table, options, *server.connect()); }
  std::string error(const std::vector<std::string>& names) {
    return error_of([&] { match(schema_of(names)); });
  }
  std::string hint(const std::vector<std::string>& names) {
    return hint_of([&] { match(schema_of(names)); });
  }
  void add_column(const std::string& name, const std::function<void(TargetColumn&)>& change) {
    table.columns.emplace_back().name = name;
    change(table.columns.back());
  }

  FakeServer server;
  TargetTable table;
  LoadOptions options;
};

TEST(TableMatch, Goes_by_names_in_the_order_of_the_rows) {
  const TableMatch match = Matching().match(schema_of({"name", "id"}));
  ASSERT_THAT(match.columns, SizeIs(2));
  EXPECT_EQ(match.columns[0].source, 0U);
  EXPECT_EQ(match.columns[0].target.name, "name");
  EXPECT_EQ(match.columns[1].target.name, "id");
}

TEST(TableMatch, Compares_names_as_the_database_does) {
  Matching matching;
  EXPECT_THAT(matching.error({"ID", "name"}), HasSubstr("load.unknown_column"));
  matching.table.is_case_sensitive = false;
  EXPECT_EQ(matching.match(schema_of({"ID", "Name"})).columns[0].target.name, "id");
  EXPECT_EQ(matching.error({"id", "ID"}),
            "load.duplicate_column: two columns of the rows go into the column 'id' of orders");
}

TEST(TableMatch, Names_all_columns_that_the_table_lacks) {
  Matching matching;
  EXPECT_EQ(matching.error({"id", "nmae", "total"}),
            "load.unknown_column: the table orders does not have the columns 'nmae', 'total'");
  EXPECT_EQ(matching.hint({"id", "nmae"}),
            "did you mean 'name'? schema_policy: add_columns makes them, ignore_extra drops them");
}

TEST(TableMatch, Drops_or_makes_columns_that_the_table_lacks_where_it_may) {
  EXPECT_THAT(Matching(Json{{"schema_policy", "ignore_extra"}}).match(schema_of({"id", "a", "b"})).ignored,
              ElementsAre("a", "b"));
  const TableMatch match = Matching(Json{{"schema_policy", "add_columns"}}).match(schema_of({"id", "a"}));
  EXPECT_TRUE(match.columns[1].is_added);
  EXPECT_TRUE(match.columns[1].target.is_nullable);
  EXPECT_THAT(match.ignored, IsEmpty());
}

TEST(TableMatch, Wants_all_columns_that_need_a_value) {
  Matching matching;
  matching.add_column("total", [](TargetColumn& column) { column.is_nullable = false; });
  matching.add_column("made", [](TargetColumn& column) {
    column.is_nullable = false;
    column.has_default = true;
  });
  EXPECT_EQ(matching.error({"name"}),
            "load.required_column: the rows lack the columns 'id', 'total', which orders requires");
}

TEST(TableMatch, Refuses_columns_that_the_database_computes) {
  Matching matching;
  matching.add_column("sum", [](TargetColumn& column) { column.is_generated = true; });
  EXPECT_EQ(matching.error({"id", "sum"}),
            "load.generated_column: the database computes the column 'sum' of orders itself");
}

TEST(TableMatch, Names_all_lossy_columns_that_are_not_allowed) {
  Schema schema = schema_of({"id", "name"});
  for (ColumnType& column : schema) column.type.id = TypeId::kDouble;
  Matching matching;
  EXPECT_THAT(error_of([&] { matching.match(schema); }),
              testing::AllOf(HasSubstr("load.lossy"), HasSubstr("'id' into"), HasSubstr("'name' into")));
  EXPECT_THAT(hint_of([&] { matching.match(schema); }), HasSubstr("allow_lossy: [id, name]"));
  EXPECT_THAT(Matching(Json{{"allow_lossy", {"id", "name"}}}).match(schema).columns, SizeIs(2));
}

TEST(TableMatch, Refuses_options_that_name_no_column) {
  EXPECT_EQ(Matching(Json{{"allow_lossy", {"nam"}}}).error({"id", "name"}),
            "load.unknown_option_column: allow_lossy names no column of the rows: 'nam'");
  EXPECT_EQ(Matching(Json{{"primary_key", {"nam"}}}).hint({"id", "name"}), "did you mean 'name'?");
}

TEST(TableMatch, Wants_a_unique_key_for_an_upsert) {
  const Json by_name{{"write_mode", "upsert"}, {"primary_key", {"name"}}};
  EXPECT_EQ(Matching(by_name).error({"id", "name"}),
            "load.no_unique_key: orders has no unique key over exactly the column 'name'");
  Matching by_both(Json{{"write_mode", "upsert"}, {"primary_key", {"name", "id"}}});
  by_both.table.unique_keys = {{"id"}, {"id", "name"}};
  EXPECT_THAT(by_both.match(schema_of({"id", "name"})).columns, SizeIs(2));
}

TEST(TableMatch, Deletes_no_rows_that_others_hang_on) {
  const Json hard{{"write_mode", "upsert"}, {"primary_key", {"id"}}, {"delete_missing", "hard"}};
  for (const Json& values : {Json{{"write_mode", "replace"}}, Json{{"write_mode", "truncate"}}, hard}) {
    Matching matching(values);
    matching.table.cascades = {"items (ON DELETE CASCADE)"};
    EXPECT_EQ(matching.error({"id"}),
              "load.cascades: deleting rows of orders would change rows of other tables: items (ON DELETE "
              "CASCADE)");
  }
  Matching appending;
  appending.table.cascades = {"items (ON DELETE CASCADE)"};
  EXPECT_EQ(appending.error({"id"}), "no error");
}

TEST(TableMatch, Wants_transactions_save_for_truncate) {
  for (const auto& [mode, error] :
       {std::pair("append", "load.not_transactional: a load into orders could not be undone: its engine X"),
        std::pair("truncate", "no error")}) {
    Matching matching(Json{{"write_mode", mode}});
    matching.table.transaction_obstacle = "its engine X";
    EXPECT_EQ(matching.error({"id"}), error);
  }
}

TEST(TableMatch, Finds_or_makes_the_column_of_soft_deletion) {
  Json soft{{"write_mode", "upsert"}, {"primary_key", {"id"}}, {"delete_missing", "soft"}};
  EXPECT_THAT(Matching(soft).error({"id"}),
              HasSubstr("load.unknown_option_column: delete_missing: soft needs"));
  Matching named(soft);
  named.add_column("_osiris_deleted_at", [](TargetColumn&) {});
  EXPECT_EQ(named.match(schema_of({"id"})).marker, std::nullopt);
  soft["schema_policy"] = "add_columns";
  EXPECT_EQ(Matching(soft).match(schema_of({"id"})).marker->name, "_osiris_deleted_at");
}

TEST(NewTable, Has_the_columns_of_the_rows_and_the_key) {
  FakeServer server;
  const LoadOptions options(load_config({{"write_mode", "upsert"},
                                         {"primary_key", {"id"}},
                                         {"delete_missing", "soft"},
                                         {"deleted_at", "gone"}}));
  const TargetTable table = new_table(server.connect()->unmade_table(options.table),
                                      schema_of({"id", "name"}), options, *server.connect());
  std::vector<std::string> names;
  for (const TargetColumn& column : table.columns) names.push_back(column.name);
  EXPECT_THAT(names, ElementsAre("id", "name", "gone"));
  EXPECT_FALSE(table.columns[0].is_nullable);
  EXPECT_TRUE(table.columns[1].is_nullable);
  EXPECT_THAT(table.unique_keys, ElementsAre(ElementsAre("id")));
}

}  // namespace
}  // namespace osiris
