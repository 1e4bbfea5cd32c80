#include "tests/conformance/tables.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "table/values.h"

namespace osiris::conformance {

namespace {

constexpr std::size_t kValues = 3;  ///< of each type; a fourth is null

template <typename T>
constexpr std::array<T, kValues> kExtremes{std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max(),
                                           T{1}};

/// 10^38 - 1, the largest decimal of 38 digits, and its negative.
constexpr Hugeint kNines{0x098A223FFFFFFFFFULL, 0x4B3B4CA85A86C47ALL};
constexpr Hugeint kMinusNines{~0x098A223FFFFFFFFFULL + 1, ~0x4B3B4CA85A86C47ALL};

constexpr std::int64_t kDayUs = 86'400'000'000;

/// Appends one of a type's values to a row under way.
class ValueAppender {
 public:
  ValueAppender(BatchBuilder& builder, std::size_t column, std::size_t choice)
      : builder_(builder), column_(column), choice_(choice) {}

  void append(const ColumnType& column) {
    if (column.encoding == Encoding::kText) {
      pick_text({"-99999999999999999999999999999999999.999999999999999999999999999999",
                 "99999999999999999999999999999999999.999999999999999999999999999999",
                 "0.000000000000000000000000000000"});
      return;
    }
    switch (column.type.id) {
      case TypeId::kBoolean:
        return pick<std::uint8_t>({0, 1, 1});
      case TypeId::kInt8:
        return pick(kExtremes<std::int8_t>);
      case TypeId::kInt16:
        return pick(kExtremes<std::int16_t>);
      case TypeId::kInt32:
        return pick(kExtremes<std::int32_t>);
      case TypeId::kInt64:
        return pick(kExtremes<std::int64_t>);
      case TypeId::kUint8:
        return pick(kExtremes<std::uint8_t>);
      case TypeId::kUint16:
        return pick(kExtremes<std::uint16_t>);
      case TypeId::kUint32:
        return pick(kExtremes<std::uint32_t>);
      case TypeId::kUint64:
        return pick(kExtremes<std::uint64_t>);
      case TypeId::kHugeint:
        return pick<Hugeint>({Hugeint{1, std::numeric_limits<std::int64_t>::min()},
                              Hugeint{~std::uint64_t{0}, std::numeric_limits<std::int64_t>::max()},
                              Hugeint{1, 0}});
      case TypeId::kFloat:
        return pick<float>(
            {std::numeric_limits<float>::lowest(), std::numeric_limits<float>::denorm_min(), 0.1F});
      case TypeId::kDouble:
        return pick<double>(
            {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::denorm_min(), 0.1});
      case TypeId::kDecimal:
        return append_decimal(column.type.precision);
      case TypeId::kDate:
        return pick<std::int32_t>({day(1, 1, 1), day(9999, 12, 31), day(2024, 2, 29)});
      case TypeId::kTime:
        return pick<std::int64_t>({0, kDayUs - 1, kDayUs / 2});
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return pick<std::int64_t>({day(1, 1, 1) * kDayUs, (day(9999, 12, 31) + 1) * kDayUs - 1, -1});
      case TypeId::kInterval:
        return pick<Interval>({Interval{0, 0, -3'020'399'000'000}, Interval{14, 3, 4'500'000}, Interval{}});
      case TypeId::kText:
        return pick_text({"", "😀 beyond the BMP", std::string(5000, 'x')});
      case TypeId::kJson:
        return pick_text({"{\"a\": [1, \"\\n\"]}", "null", "\"😀\""});
      case TypeId::kBytes:
        return pick_text({std::string("\0\xFF\"\n", 4), std::string(20, '\0'), "x"});
      case TypeId::kUuid:
        return pick<Hugeint>({Hugeint{0, std::numeric_limits<std::int64_t>::min()},
                              Hugeint{~std::uint64_t{0}, std::numeric_limits<std::int64_t>::max()},
                              Hugeint{5, 7}});
    }
  }

 private:
  static std::int32_t day(std::int64_t year, unsigned month, unsigned of_month) {
    return static_cast<std::int32_t>(days_from_civil(year, month, of_month));
  }

  template <typename T>
  void pick(const std::array<T, kValues>& values) {
    builder_.append<T>(column_, values[choice_]);
  }
  void pick_text(const std::array<std::string, kValues>& values) {
    builder_.append_text(column_, values[choice_]);
  }

  void append_decimal(std::uint8_t precision) {
    if (precision <= 4) return pick<std::int16_t>({-9999, 9999, 5});
    if (precision <= 9) return pick<std::int32_t>({-999'999'999, 999'999'999, 5});
    if (precision <= 18) return pick<std::int64_t>({-999'999'999'999'999'999, 999'999'999'999'999'999, 5});
    return pick<Hugeint>({kMinusNines, kNines, Hugeint{5, 0}});
  }

  BatchBuilder& builder_;
  std::size_t column_, choice_;
};

ColumnType column_of(TypeId id, std::uint8_t precision = 0, std::uint8_t scale = 0) {
  ColumnType column;
  column.type = {id, precision, scale};
  column.name = to_string(column.type);
  if (precision > 38) column.encoding = Encoding::kText;
  return column;
}

}  // namespace

Schema every_type() {
  Schema schema;
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    if (static_cast<TypeId>(id) != TypeId::kDecimal) schema.push_back(column_of(static_cast<TypeId>(id)));
  }
  for (const auto& [precision, scale] : {std::pair{4, 2}, {9, 0}, {18, 18}, {38, 10}, {65, 30}}) {
    schema.push_back(
        column_of(TypeId::kDecimal, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)));
  }
  return schema;
}

Table typed_table(const Schema& schema, std::size_t row_count) {
  Table table{schema, {}};
  BatchBuilder builder(schema);
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t column = 0; column < schema.size(); ++column) {
      const std::size_t choice = (row + column) % (kValues + 1);
      if (choice == kValues) {
        builder.append_null(column);
      } else {
        ValueAppender(builder, column, choice).append(schema[column]);
      }
    }
    builder.end_row();
    if (!builder.is_full() && row + 1 < row_count) continue;
    table.batches.push_back(builder.finish());
  }
  return table;
}

Table wide_table(std::size_t column_count, std::size_t row_count) {
  Schema schema(column_count, column_of(TypeId::kInt64));
  for (std::size_t column = 0; column < column_count; ++column) schema[column].name = cat("c", column);
  Table table{schema, {}};
  BatchBuilder builder(schema);
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t column = 0; column < column_count; ++column) {
      builder.append<std::int64_t>(column, static_cast<std::int64_t>(row * column_count + column));
    }
    builder.end_row();
    if (!builder.is_full() && row + 1 < row_count) continue;
    table.batches.push_back(builder.finish());
  }
  return table;
}

Table text_table() {
  ColumnType column = column_of(TypeId::kText);
  Table table{{column}, {}};
  BatchBuilder builder(table.schema);
  for (const std::string& text :
       {std::string("plain"), std::string(), std::string("\""), std::string("\"\""), std::string("a,b;c\td"),
        std::string("line\nbreak"), std::string("\r"), std::string("\r\n"), std::string(" blanks "),
        std::string("NULL"), std::string("\\N"), std::string("😀𐍈"), std::string("a\0b", 3),
        std::string("\xEF\xBB\xBF"), std::string("#"), std::string(100'000, 'x')}) {
    builder.append_text(0, text);
    builder.end_row();
  }
  builder.append_null(0);
  builder.end_row();
  table.batches.push_back(builder.finish());
  return table;
}

std::vector<Row> rows_of(const Table& table) {
  std::vector<Row> rows;
  for (const Batch& batch : table.batches) {
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      Row& values = rows.emplace_back(table.schema.size());
      for (std::size_t column = 0; column < table.schema.size(); ++column) {
        if (!batch.column(column).is_valid(row)) continue;
        append_value_text(values[column].emplace(), batch.column(column), row, table.schema[column]);
      }
    }
  }
  return rows;
}

Table read_all(Extractor& stream) {
  Table table{stream.schema(), {}};
  while (auto batch = stream.next()) {
    EXPECT_GE(batch->row_count(), 1U);
    EXPECT_LE(batch->row_count(), Batch::kMaxRows);
    EXPECT_TRUE(batch->byte_count() <= Batch::kMaxBytes || batch->row_count() == 1) << batch->byte_count();
    EXPECT_EQ(batch->column_count(), table.schema.size());
    table.batches.push_back(std::move(*batch));
  }
  EXPECT_FALSE(stream.next()) << "the end stays the end";
  EXPECT_EQ(stream.schema().size(), table.schema.size());
  return table;
}

std::optional<Batch> TableStream::next() {
  if (at_ == table_.batches.size()) {
    if (end_ == End::kEnds) return std::nullopt;
    if (end_ == End::kFails) throw Error(ErrorKind::kData, "test.input", "the input broke");
    at_ = 0;
  }
  return table_.batches[at_++];
}

}  // namespace osiris::conformance
