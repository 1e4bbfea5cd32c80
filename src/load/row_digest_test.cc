#include "load/row_digest.h"

#include <gtest/gtest.h>

#include "load/fake_target.h"

namespace osiris {
namespace {

/// Columns of a fixed width and of text, with nulls.
Schema mixed_schema() {
  Schema schema = orders_schema();
  schema.emplace_back().name = "size";
  schema[2].type.id = TypeId::kInt16;
  return schema;
}

struct MixedRow {
  std::optional<std::int64_t> id;
  std::optional<std::string> name;
  std::optional<std::int16_t> size;
};
using MixedRows = std::vector<MixedRow>;

const MixedRows kRows{{1, "a", std::int16_t{7}},
                      {2, std::nullopt, std::nullopt},
                      {std::nullopt, "a text that lies in the arena", std::int16_t{0}},
                      {4, "", std::int16_t{-1}},
                      {5, "b", std::nullopt}};

Batch mixed_batch(const MixedRows& rows) {
  BatchBuilder builder(mixed_schema());
  const auto append = [&](std::size_t column, const auto& value) {
    value ? builder.append(column, *value) : builder.append_null(column);
  };
  for (const MixedRow& row : rows) {
    append(0, row.id);
    row.name ? builder.append_text(1, *row.name) : builder.append_null(1);
    append(2, row.size);
    builder.end_row();
  }
  return builder.finish();
}

std::string digest_of(const MixedRows& rows) {
  RowDigest digest(mixed_schema());
  digest.add(mixed_batch(rows), 0, rows.size());
  return digest.text();
}

TEST(RowDigest, Is_the_same_however_the_rows_come) {
  for (std::size_t cut = 1; cut < kRows.size(); ++cut) {
    const auto middle = kRows.begin() + static_cast<std::ptrdiff_t>(cut);
    RowDigest in_batches(mixed_schema()), in_parts(mixed_schema());
    in_batches.add(mixed_batch({kRows.begin(), middle}), 0, cut);
    in_batches.add(mixed_batch({middle, kRows.end()}), 0, kRows.size() - cut);
    in_parts.add(mixed_batch(kRows), 0, cut);
    in_parts.add(mixed_batch(kRows), cut, kRows.size());
    EXPECT_EQ(in_batches.text(), digest_of(kRows)) << cut;
    EXPECT_EQ(in_parts.text(), digest_of(kRows)) << cut;
  }
}

TEST(RowDigest, Tells_every_other_value_place_and_number_of_rows) {
  std::set<std::string> digests{digest_of(kRows)};
  std::size_t count = 1;
  const auto expect_other = [&](const std::string& what, const std::function<void(MixedRows&)>& change) {
    MixedRows rows = kRows;
    change(rows);
    EXPECT_TRUE(digests.insert(digest_of(rows)).second) << what;
    ++count;
  };
  expect_other("a number", [](MixedRows& rows) { rows[0].id = 3; });
  expect_other("a text", [](MixedRows& rows) { rows[0].name = "c"; });
  expect_other("a long text", [](MixedRows& rows) { rows[2].name->back() = 'x'; });
  expect_other("null for empty", [](MixedRows& rows) { rows[3].name.reset(); });
  expect_other("empty for null", [](MixedRows& rows) { rows[1].name = ""; });
  expect_other("zero for null", [](MixedRows& rows) { rows[1].size = std::int16_t{0}; });
  expect_other("null for zero", [](MixedRows& rows) { rows[2].size.reset(); });
  expect_other("another order", [](MixedRows& rows) { std::swap(rows[0], rows[4]); });
  expect_other("two values of two rows swapped",
               [](MixedRows& rows) { std::swap(rows[0].name, rows[4].name); });
  expect_other("letters that move to the next row", [](MixedRows& rows) {
    rows[3].name = "b";
    rows[4].name = "";
  });
  expect_other("one row less", [](MixedRows& rows) { rows.pop_back(); });
  expect_other("a row of nulls more", [](MixedRows& rows) { rows.push_back({}); });
  EXPECT_EQ(digests.size(), count);
}

TEST(RowDigest, Is_hex_of_128_bits) { EXPECT_EQ(digest_of(kRows).size(), 32U); }

/// Rows that count how often they are decoded.
class WireBatch : public UndecodedRows {
 public:
  explicit WireBatch(std::string bytes) : bytes_(std::move(bytes)), decoded_(mixed_batch(kRows)) {}

  WireRows wire() const override { return {"format", bytes_}; }
  std::uint64_t null_count(std::size_t) const override { return 0; }
  mutable int decodings = 0;

 protected:
  std::vector<ColumnView> decode() const override {
    ++decodings;
    return {decoded_.column(0), decoded_.column(1), decoded_.column(2)};
  }

 private:
  std::string bytes_;
  Batch decoded_;
};

TEST(RowDigest, Takes_the_bytes_of_rows_that_nobody_has_decoded) {
  const auto digest_of_bytes = [](const std::string& bytes) {
    const auto rows = std::make_shared<const WireBatch>(bytes);
    RowDigest digest(mixed_schema());
    digest.add(Batch(rows, 3, kRows.size(), bytes.size()), 0, kRows.size());
    EXPECT_EQ(rows->decodings, 0);
    return digest.text();
  };
  EXPECT_EQ(digest_of_bytes("bytes"), digest_of_bytes("bytes"));
  EXPECT_NE(digest_of_bytes("bytes"), digest_of_bytes("bytez"));
}

TEST(RowDigest, Decodes_a_part_of_a_batch) {
  const Batch batch(std::make_shared<const WireBatch>("bytes"), 3, kRows.size(), 5);
  RowDigest of_wire(mixed_schema()), of_values(mixed_schema());
  of_wire.add(batch, 1, 3);
  of_values.add(mixed_batch(kRows), 1, 3);
  EXPECT_EQ(of_wire.text(), of_values.text());
}

}  // namespace
}  // namespace osiris
