#include "load/row_set_digest.h"

#include <set>

#include <gtest/gtest.h>

#include "load/fake_target.h"

namespace osiris {
namespace {

/// Columns of every width, and of text.
Schema set_schema() {
  Schema schema;
  for (const TypeId id : {TypeId::kBoolean, TypeId::kInt16, TypeId::kInt32, TypeId::kInt64, TypeId::kText}) {
    schema.emplace_back().name = "c" + std::to_string(schema.size());
    schema.back().type.id = id;
  }
  ColumnType& wide = schema.emplace_back();
  wide.name = "wide";
  wide.type.id = TypeId::kHugeint;
  return schema;
}

struct SetRow {
  std::optional<bool> flag = true;
  std::optional<std::int16_t> small = 7;
  std::optional<std::int32_t> medium = 70'000;
  std::optional<std::int64_t> large = 1;
  std::optional<std::string> text = "a";
  bool has_wide = false;
};
using SetRows = std::vector<SetRow>;

Batch set_batch(const SetRows& rows) {
  BatchBuilder builder(set_schema());
  const auto append = [&](std::size_t column, const auto& value) {
    value ? builder.append(column, *value) : builder.append_null(column);
  };
  for (const SetRow& row : rows) {
    append(0, row.flag);
    append(1, row.small);
    append(2, row.medium);
    append(3, row.large);
    row.text ? builder.append_text(4, *row.text) : builder.append_null(4);
    row.has_wide ? builder.append(5, std::array<std::uint64_t, 2>{5, 6}) : builder.append_null(5);
    builder.end_row();
  }
  return builder.finish();
}

SetRows set_rows() {
  SetRows rows(6);
  rows[1].text = "a text that lies in the arena";
  rows[2] = {std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, false};
  rows[3].large = 0;
  rows[3].text = "";
  rows[4].has_wide = true;
  return rows;
}

std::string set_digest(const SetRows& rows) {
  RowSetDigest digest(set_schema());
  if (!rows.empty()) digest.add(set_batch(rows));
  return digest.text();
}

TEST(RowSetDigest, Is_the_same_in_any_order_and_in_any_batches) {
  const SetRows rows = set_rows();
  const std::string whole = set_digest(rows);
  EXPECT_EQ(whole.size(), 32U);
  SetRows turned(rows.rbegin(), rows.rend());
  EXPECT_EQ(set_digest(turned), whole);
  for (std::size_t cut = 1; cut < rows.size(); ++cut) {
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(cut);
    RowSetDigest digest(set_schema());
    digest.add(set_batch({middle, rows.end()}));
    digest.add(set_batch({rows.begin(), middle}));
    EXPECT_EQ(digest.text(), whole) << cut;
  }
}

TEST(RowSetDigest, Tells_every_other_value_and_number_of_rows) {
  std::set<std::string> digests{set_digest(set_rows())};
  std::size_t count = 1;
  const auto expect_other = [&](const std::string& what, const std::function<void(SetRows&)>& change) {
    SetRows rows = set_rows();
    change(rows);
    EXPECT_TRUE(digests.insert(set_digest(rows)).second) << what;
    ++count;
  };
  expect_other("a flag", [](SetRows& rows) { rows[0].flag = false; });
  expect_other("a small number", [](SetRows& rows) { rows[0].small = std::int16_t{-7}; });
  expect_other("a medium number", [](SetRows& rows) { rows[0].medium = 70'001; });
  expect_other("a large number", [](SetRows& rows) { rows[0].large = std::int64_t{1} << 40U; });
  expect_other("a wide number", [](SetRows& rows) { rows[0].has_wide = true; });
  expect_other("a text", [](SetRows& rows) { rows[0].text = "b"; });
  expect_other("the last byte of a long text", [](SetRows& rows) { rows[1].text->back() = 'x'; });
  expect_other("null for empty", [](SetRows& rows) { rows[3].text.reset(); });
  expect_other("null for zero", [](SetRows& rows) { rows[3].large.reset(); });
  expect_other("zero for null", [](SetRows& rows) { rows[2].large = 0; });
  expect_other("two values of two rows swapped",
               [](SetRows& rows) { std::swap(rows[0].text, rows[3].text); });
  expect_other("a row that comes once more", [](SetRows& rows) { rows.push_back(rows[0]); });
  expect_other("a row that comes twice more", [](SetRows& rows) { rows.insert(rows.end(), 2, rows[0]); });
  expect_other("one row less", [](SetRows& rows) { rows.pop_back(); });
  expect_other("no row", [](SetRows& rows) { rows.clear(); });
  EXPECT_EQ(digests.size(), count);
}

}  // namespace
}  // namespace osiris
