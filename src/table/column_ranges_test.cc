#include "table/column_ranges.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

ColumnType column_type(LogicalType type, Encoding encoding = Encoding::kNative) {
  return {.name = "c", .type = type, .encoding = encoding, .source_type = {}, .style = {}};
}

/// The range of one column of these values, given in batches.
template <typename T>
ColumnRanges::Range native_range(LogicalType type,
                                 const std::vector<std::vector<std::optional<T>>>& batches) {
  const Schema schema{column_type(type)};
  ColumnRanges ranges(schema);
  for (const auto& values : batches) {
    BatchBuilder builder(schema);
    for (const auto& value : values) {
      if (value) {
        builder.append(0, *value);
      } else {
        builder.append_null(0);
      }
      builder.end_row();
    }
    ranges.add(builder.finish());
  }
  return ranges.range(0);
}

ColumnRanges::Range text_range(LogicalType type, const std::vector<std::vector<std::string>>& batches) {
  const Schema schema{column_type(type, Encoding::kText)};
  ColumnRanges ranges(schema);
  for (const auto& values : batches) {
    BatchBuilder builder(schema);
    for (const std::string& value : values) {
      builder.append_text(0, value);
      builder.end_row();
    }
    ranges.add(builder.finish());
  }
  return ranges.range(0);
}

void expect_range(const ColumnRanges::Range& range, const char* least, const char* greatest) {
  EXPECT_EQ(range.least, least);
  EXPECT_EQ(range.greatest, greatest);
}

TEST(ColumnRanges, Spans_all_batches_and_leaves_nulls_out) {
  expect_range(native_range<std::int32_t>({TypeId::kInt32}, {{5, std::nullopt, -7}, {std::nullopt}, {9, 0}}),
               "-7", "9");
  expect_range(native_range<std::int32_t>({TypeId::kInt32}, {{std::nullopt}}), "", "");
}

TEST(ColumnRanges, Takes_the_ends_of_each_type_as_they_are) {
  expect_range(native_range<std::uint64_t>({TypeId::kUint64}, {{18446744073709551615U, 0, 1}}), "0",
               "18446744073709551615");
  expect_range(native_range<std::int64_t>({TypeId::kInt64}, {{INT64_MIN, INT64_MAX}}), "-9223372036854775808",
               "9223372036854775807");
  expect_range(
      native_range<Hugeint>({TypeId::kHugeint}, {{Hugeint{1, 0}, Hugeint{0, 1}, Hugeint{~0ULL, -1}}}), "-1",
      "18446744073709551616");
  expect_range(native_range<std::int32_t>({TypeId::kDecimal, 9, 2}, {{-50, 1234}}), "-0.50", "12.34");
  expect_range(native_range<std::int32_t>({TypeId::kDate}, {{19782, 0}}), "1970-01-01", "2024-02-29");
}

TEST(ColumnRanges, Does_not_take_what_is_no_number_for_one) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  expect_range(native_range<double>({TypeId::kDouble}, {{kNan}, {2.5, kNan, -0.5}}), "-0.5", "2.5");
}

TEST(ColumnRanges, Orders_texts_of_numbers_by_their_value) {
  expect_range(text_range({TypeId::kDecimal, 12, 2}, {{"9.50", "10.00", "-3.00"}, {"-12.00", "9.99"}}),
               "-12.00", "10.00");
  expect_range(text_range({TypeId::kInt64}, {{"1234567890123", "1234567890124", "1234567890122"}}),
               "1234567890122", "1234567890124");
  expect_range(text_range({TypeId::kInt64}, {{"-1", "-2", "-10"}}), "-10", "-1");
  expect_range(text_range({TypeId::kInt64}, {{"7"}, {"7"}}), "7", "7");
}

TEST(ColumnRanges, Orders_texts_of_dates_and_timestamps) {
  expect_range(text_range({TypeId::kTimestamp},
                          {{"2026-01-02 03:04:05", "2026-01-02 03:04:06"}, {"2026-01-02 03:04:04"}}),
               "2026-01-02 03:04:04", "2026-01-02 03:04:06");
}

TEST(ColumnRanges, Has_none_for_texts) {
  const Schema schema{column_type({TypeId::kText})};
  ColumnRanges ranges(schema);
  BatchBuilder builder(schema);
  builder.append_text(0, "a");
  builder.end_row();
  ranges.add(builder.finish());
  expect_range(ranges.range(0), "", "");
}

}  // namespace
}  // namespace osiris
