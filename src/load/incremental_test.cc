#include "load/incremental.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"
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

class PlainDialect : public CursorDialect {
 public:
  std::string literal(const ColumnType& cursor, const std::string& text) const override {
    return cat(to_string(cursor.type), "'", text, "'");
  }
  std::string earlier(const std::string& literal, std::chrono::milliseconds time) const override {
    return cat("(", literal, " - ", time.count(), " ms)");
  }
};

std::string statement(const IncrementalOptions& options, const Window& window, TypeId type) {
  ColumnType cursor;
  cursor.type.id = type;
  return incremental_statement({"*", "t", "c", "k"}, options, window, cursor, PlainDialect());
}

TEST(IncrementalStatement, Has_the_bounds_that_are_given) {
  EXPECT_EQ(statement(kByDay, {}, TypeId::kText), "SELECT * FROM t WHERE c IS NOT NULL ORDER BY c, k");
  EXPECT_EQ(statement(kByDay, {Mark{"5", {}}, {}, {}}, TypeId::kInt64),
            "SELECT * FROM t WHERE c IS NOT NULL AND c >= bigint'5' ORDER BY c, k");
  EXPECT_EQ(statement(kByDay, {{}, "1", "2"}, TypeId::kInt64),
            "SELECT * FROM t WHERE c IS NOT NULL AND c >= bigint'1' AND c < bigint'2' ORDER BY c, k");
}

TEST(IncrementalStatement, Looks_back_from_the_mark_only) {
  const Window after{Mark{"9", {}}, {}, {}};
  EXPECT_EQ(statement({"c", "k", "10m"}, after, TypeId::kDate),
            "SELECT * FROM t WHERE c IS NOT NULL AND c >= (date'9' - 600000 ms) ORDER BY c, k");
  EXPECT_EQ(statement({"c", "k", "100"}, after, TypeId::kInt64),
            "SELECT * FROM t WHERE c IS NOT NULL AND c >= bigint'9' - 100 ORDER BY c, k");
  EXPECT_EQ(statement({"c", "k", "100"}, {{}, "9", {}}, TypeId::kInt64),
            "SELECT * FROM t WHERE c IS NOT NULL AND c >= bigint'9' ORDER BY c, k");
  for (const auto& [lookback, type] :
       {std::pair("100", TypeId::kDate), std::pair("10m", TypeId::kInt64), std::pair("10m", TypeId::kText)}) {
    EXPECT_THAT(error_of([&, lookback = lookback, type = type] {
                  statement({"c", "k", lookback}, after, type);
                }),
                testing::StartsWith("incremental.lookback: a cursor of type "));
  }
}

TEST(IncrementalStatement, Wants_a_cursor_that_grows) {
  Schema schema = kSchema;
  EXPECT_EQ(cursor_column(kByDay, schema).name, "day");
  EXPECT_EQ(
      error_of([&] {
        cursor_column({"day", "di", ""}, schema);
      }),
      "incremental.unknown_column: an incremental read needs the column 'di', which its rows do not have");
  schema[0].type.id = TypeId::kBoolean;
  EXPECT_EQ(
      error_of([&] { cursor_column(kByDay, schema); }),
      "incremental.cursor_type: an incremental read wants a cursor that grows; 'day' is a column of type "
      "'boolean'");
}

/// Rows that come in the batches that are given.
class GivenRows : public Extractor {
 public:
  explicit GivenRows(std::vector<Batch> batches) : batches_(std::move(batches)) {}
  const Schema& schema() const override { return kSchema; }
  std::optional<Batch> next() override {
    if (next_ == batches_.size()) return std::nullopt;
    return batches_[next_++];
  }

 private:
  std::vector<Batch> batches_;
  std::size_t next_ = 0;
};

TEST(IncrementalExtractor, Does_not_take_a_batch_of_seen_rows_for_the_end) {
  const auto rows = read_incrementally(
      std::make_unique<GivenRows>(std::vector{batch_of({{"d2", 1}}), batch_of({{"d2", 2}, {"d3", 3}})}),
      kByDay, {Mark{"d2", {"1", "2"}}, {}, {}});
  EXPECT_THAT(ids(rows->next()), ElementsAre(3));
  EXPECT_EQ(rows->next(), std::nullopt);
  EXPECT_EQ(rows->mark(), (Mark{"d3", {"3"}}));
}

}  // namespace
}  // namespace osiris
