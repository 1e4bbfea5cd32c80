#include "load/incremental.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "table/values.h"

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

using Rows = std::vector<std::pair<std::string, std::int64_t>>;

Schema day_and_id() {
  Schema schema(2);
  schema[0].name = "day";
  schema[1].name = "id";
  schema[1].type.id = TypeId::kInt64;
  return schema;
}
const Schema kSchema = day_and_id();
const IncrementalOptions kByDay{"day", "id", ""};

Batch batch_of(const Rows& rows) {
  BatchBuilder builder(kSchema);
  for (const auto& [day, id] : rows) {
    builder.append_text(0, day);
    builder.append(1, id);
    builder.end_row();
  }
  return builder.finish();
}

std::vector<std::int64_t> ids(const std::optional<Batch>& batch) {
  std::vector<std::int64_t> ids;
  for (std::size_t row = 0; batch && row < batch->row_count(); ++row) {
    ids.push_back(batch->column(1).as<std::int64_t>()[row]);
  }
  return ids;
}

TEST(IncrementalFilter, Drops_the_rows_that_the_mark_has_seen_and_no_other) {
  IncrementalFilter filter(kByDay, {Mark{"d2", {"2", "3"}}, {}, {}}, kSchema);
  EXPECT_THAT(ids(filter.filter(batch_of({{"d2", 1}, {"d2", 2}, {"d2", 3}, {"d2", 4}, {"d3", 2}}))),
              ElementsAre(1, 4, 2));
  EXPECT_EQ(filter.mark(), (Mark{"d3", {"2"}}));
}

TEST(IncrementalFilter, Finds_all_keys_at_the_last_value_over_batches) {
  IncrementalFilter filter(kByDay, {}, kSchema);
  EXPECT_EQ(filter.mark(), std::nullopt) << "there was no row";
  EXPECT_THAT(ids(filter.filter(batch_of({{"d1", 1}, {"d2", 2}}))), ElementsAre(1, 2));
  filter.filter(batch_of({{"d2", 3}, {"d2", 4}}));
  EXPECT_EQ(filter.mark()->cursor, "d2");
  EXPECT_THAT(filter.mark()->keys, UnorderedElementsAre("2", "3", "4"));
  filter.filter(batch_of({{"d2", 5}, {"d3", 6}}));
  EXPECT_EQ(filter.mark(), (Mark{"d3", {"6"}}));
}

TEST(IncrementalFilter, Keeps_the_mark_where_nothing_is_new) {
  const Mark before{"d2", {"2"}};
  IncrementalFilter empty(kByDay, {before, {}, {}}, kSchema);
  EXPECT_EQ(empty.mark(), before);
  IncrementalFilter again(kByDay, {before, {}, {}}, kSchema);
  EXPECT_EQ(again.filter(batch_of({{"d2", 2}})), std::nullopt);
  EXPECT_EQ(again.mark(), before);
}

TEST(IncrementalFilter, Reads_rows_again_that_a_look_back_brings) {
  IncrementalFilter filter({"day", "id", "10m"}, {Mark{"d2", {"2"}}, {}, {}}, kSchema);
  EXPECT_THAT(ids(filter.filter(batch_of({{"d1", 1}, {"d2", 2}}))), ElementsAre(1, 2));
}

TEST(IncrementalFilter, Moves_no_mark_by_bounds_given_by_hand) {
  IncrementalFilter filter(kByDay, {{}, "d1", {}}, kSchema);
  EXPECT_THAT(ids(filter.filter(batch_of({{"d1", 1}}))), ElementsAre(1));
  EXPECT_EQ(filter.mark(), std::nullopt);
}

TEST(IncrementalFilter, Wants_its_columns_among_the_rows) {
  EXPECT_EQ(
      error_of([] {
        IncrementalFilter({"dya", "id", ""}, {}, kSchema);
      }),
      "incremental.unknown_column: an incremental read needs the column 'dya', which its rows do not have");
}

TEST(IncrementalStatement, Has_the_bounds_that_are_given) {
  IncrementalSql sql{"*", rows_of_query(" SELECT 1 ; "), "`c`", "`k`", "", ""};
  EXPECT_EQ(incremental_statement(sql),
            "SELECT * FROM (SELECT 1\n) AS osiris_rows WHERE `c` IS NOT NULL ORDER BY `c`, `k`");
  sql = {"a", "t", "c", "k", "'x'", "'y'"};
  EXPECT_EQ(incremental_statement(sql),
            "SELECT a FROM t WHERE c IS NOT NULL AND c >= 'x' AND c < 'y' ORDER BY c, k");
}

}  // namespace
}  // namespace osiris
