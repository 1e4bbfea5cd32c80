#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_error.h"
#include "python/arrow_reader.h"
#include "python/arrow_writer.h"
#include "table/values.h"

namespace osiris::python {
namespace {

using testing::StartsWith;

using Cell = std::optional<std::string>;
using Cells = std::vector<std::vector<Cell>>;

/// A reader of messages, the first of which is the schema's.
class Reading : public ArrowReader {
 public:
  explicit Reading(std::vector<std::string> all)
      : ArrowReader(all.front(), [all, at = std::size_t{1}](std::string& message) mutable {
          if (at == all.size()) return false;
          message = all[at++];
          return true;
        }) {}
};

Schema schema_of(const std::vector<std::string>& types) {
  Schema schema;
  for (const std::string& type : types) {
    ColumnType& column = schema.emplace_back();
    column.name = "c" + type;
    column.type = *parse_type(type);
    if (column.type.precision > 38 || type == "interval") column.encoding = Encoding::kText;
  }
  return schema;
}

/// A batch from texts; nothing where a cell is null.
Batch batch_from(const Schema& schema, const Cells& rows) {
  BatchBuilder builder(schema);
  for (const auto& row : rows) {
    for (std::size_t index = 0; index < schema.size(); ++index) {
      if (!row[index]) {
        builder.append_null(index);
      } else if (is_string(schema[index].type) || schema[index].encoding == Encoding::kText) {
        builder.append_text(index, *row[index]);
      } else {
        std::array<char, sizeof(Hugeint)> value{};
        EXPECT_EQ(parse_native(*row[index], schema[index].type, value.data()), Parsed::kExact) << *row[index];
        builder.append_native(index, value.data());
      }
    }
    builder.end_row();
  }
  return builder.finish();
}

Cells cells_of_batches(ArrowReader& reader) {
  Cells rows;
  while (const auto batch = reader.next()) {
    for (std::size_t row = 0; row < batch->row_count(); ++row) {
      auto& cells = rows.emplace_back();
      for (std::size_t index = 0; index < batch->column_count(); ++index) {
        if (!batch->column(index).is_valid(row)) {
          cells.emplace_back();
          continue;
        }
        std::string text;
        append_value_text(text, batch->column(index), row, reader.schema()[index]);
        cells.emplace_back(text);
      }
    }
  }
  return rows;
}

const std::vector<std::string> kTypes{"boolean",
                                      "tinyint",
                                      "smallint",
                                      "integer",
                                      "bigint",
                                      "tinyint unsigned",
                                      "smallint unsigned",
                                      "integer unsigned",
                                      "bigint unsigned",
                                      "hugeint",
                                      "float",
                                      "double",
                                      "decimal(4,2)",
                                      "decimal(9,2)",
                                      "decimal(18,2)",
                                      "decimal(38,18)",
                                      "decimal(65,30)",
                                      "date",
                                      "time",
                                      "timestamp",
                                      "timestamp with time zone",
                                      "interval",
                                      "text",
                                      "json",
                                      "bytes",
                                      "uuid"};
const Cells kRows{{"true",
                   "-128",
                   "-32768",
                   "-2147483648",
                   "-9223372036854775808",
                   "255",
                   "65535",
                   "4294967295",
                   "18446744073709551615",
                   "-170141183460469231731687303715884105727",
                   "1.5",
                   "0.1",
                   "-99.99",
                   "-9999999.99",
                   "-9999999999999999.99",
                   "-99999999999999999999.999999999999999999",
                   "12345678901234567890123456789012345.123456789012345678901234567890",
                   "2024-02-29",
                   "23:59:59.999999",
                   "9999-12-31 23:59:59.999999",
                   "2024-01-01 00:00:00+00:00",
                   "1 month 2 days 03:04:05.5",
                   "řeka 🐎",
                   "{\"a\":1}",
                   std::string("\0\xFF", 2),
                   "00000000-0000-0000-0000-000000000000"},
                  std::vector<Cell>(26),
                  {"false",
                   "127",
                   "32767",
                   "2147483647",
                   "9223372036854775807",
                   "0",
                   "0",
                   "0",
                   "0",
                   "1",
                   "-0",
                   "1e+300",
                   "0.01",
                   "0.00",
                   "0.01",
                   "0.000000000000000001",
                   "-0.000000000000000000000000000001",
                   "0001-01-01",
                   "00:00:00",
                   "1970-01-01 00:00:00.000001",
                   "1969-12-31 23:59:59.999999+00:00",
                   "00:00:00",
                   "",
                   "[]",
                   "",
                   "ffffffff-ffff-ffff-ffff-ffffffffffff"}};

std::vector<std::string> stream_of(const Schema& schema, const Cells& rows) {
  ArrowWriter writer(schema);
  std::vector<std::string> all{writer.schema_message()};
  const Batch batch = batch_from(schema, rows);
  writer.look_at(batch);
  writer.add(0, batch.row_count());
  all.push_back(writer.batch_message());
  return all;
}

TEST(ArrowStream, Gives_back_every_type_exactly) {
  const Schema schema = schema_of(kTypes);
  Reading reader(stream_of(schema, kRows));
  ASSERT_EQ(reader.schema().size(), schema.size());
  for (std::size_t index = 0; index < schema.size(); ++index) {
    EXPECT_EQ(reader.schema()[index].name, schema[index].name);
    EXPECT_EQ(reader.schema()[index].type, schema[index].type);
  }
  const Cells back = cells_of_batches(reader);
  ASSERT_EQ(back.size(), kRows.size());
  for (std::size_t row = 0; row < kRows.size(); ++row) {
    for (std::size_t index = 0; index < schema.size(); ++index)
      EXPECT_EQ(back[row][index], kRows[row][index]) << kTypes[index];
  }
}

TEST(ArrowStream, Decodes_numbers_that_come_as_text) {
  Schema schema = schema_of({"decimal(12,2)", "bigint", "boolean"});
  for (ColumnType& column : schema) column.encoding = Encoding::kText;
  const Cells rows{
      {"10.50", "-1", "true"}, {std::nullopt, std::nullopt, std::nullopt}, {"0.01", "2", "false"}};
  Reading reader(stream_of(schema, rows));
  EXPECT_EQ(cells_of_batches(reader), rows);
}

TEST(ArrowStream, Takes_a_part_of_a_batch_and_gathers_several) {
  const Schema schema = schema_of({"bigint", "text", "boolean", "date"});
  Cells rows;
  for (int number = 0; number < 100; ++number)
    rows.push_back({std::to_string(number), number % 3 == 0 ? Cell() : Cell("t" + std::to_string(number)),
                    number % 2 == 0 ? "true" : "false", "2024-02-29"});
  const Batch batch = batch_from(schema, rows);
  ArrowWriter writer(schema);
  writer.look_at(batch);
  writer.add(0, 13);
  writer.add(13, 100);
  EXPECT_EQ(writer.row_count(), 100U);
  std::vector<std::string> all{writer.schema_message(), writer.batch_message()};
  EXPECT_EQ(writer.row_count(), 0U);
  writer.add(50, 51);
  all.push_back(writer.batch_message());
  rows.push_back(rows[50]);
  Reading reader(all);
  EXPECT_EQ(cells_of_batches(reader), rows);
}

TEST(ArrowStream, Ends_where_there_is_no_message) {
  const Schema schema = schema_of({"bigint"});
  const ArrowWriter writer(schema);
  Reading reader({writer.schema_message()});
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_THAT(error_of([] { Reading nothing({""}); }), StartsWith("arrow.malformed"));
}

/// Reads as far as it goes; what is wrong must be said, and must not be followed.
void read_through(std::vector<std::string> all) {
  try {
    Reading reader(std::move(all));
    while (reader.next()) {
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.message();
  }
}

TEST(ArrowStream, Trusts_no_byte_of_a_message) {
  const std::vector<std::string> all = stream_of(schema_of(kTypes), kRows);
  for (std::size_t which = 0; which < all.size(); ++which) {
    for (std::size_t at = 0; at < all[which].size(); ++at) {
      for (const int flipped : {1, 0x80, 0xFF}) {
        auto changed = all;
        changed[which][at] = static_cast<char>(changed[which][at] ^ flipped);
        read_through(changed);
      }
      auto cut = all;
      cut[which].resize(at);
      read_through(cut);
    }
  }
}

}  // namespace
}  // namespace osiris::python
