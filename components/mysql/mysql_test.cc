#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysqld_error.h>

#include "component/config.h"
#include "component/test_context.h"
#include "mysql/column.h"
#include "mysql/errors.h"
#include "mysql/row_reader.h"
#include "mysql/table_read.h"

namespace osiris::mysql {
namespace {

constexpr unsigned kUtf8mb4 = 45;
constexpr unsigned kBinary = 63;

SourceColumn number_column(enum_field_types type, std::uint64_t length, unsigned decimals, unsigned flags) {
  SourceColumn column;
  column.name = "c";
  column.type = type;
  column.length = length;
  column.decimals = decimals;
  column.charset = kBinary;
  column.flags = flags;
  return column;
}

SourceColumn string_column(enum_field_types type, std::uint64_t length, unsigned charset,
                           unsigned flags = 0) {
  SourceColumn column = number_column(type, length, 0, flags);
  column.charset = charset;
  return column;
}

ColumnType planned(const SourceColumn& column) { return plan_column(column, ZeroDates::kNull).type; }

TEST(MysqlColumn, tells_integers_by_size_and_sign) {
  const ColumnType tiny = planned(number_column(MYSQL_TYPE_TINY, 1, 0, 0));
  EXPECT_EQ(tiny.type.id, TypeId::kInt8);
  EXPECT_EQ(tiny.source_type, "mysql tinyint(1)");
  EXPECT_EQ(tiny.encoding, Encoding::kText);
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_SHORT, 5, 0, UNSIGNED_FLAG)).type.id, TypeId::kUint16);
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_INT24, 9, 0, 0)).type.id, TypeId::kInt32);
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_LONG, 10, 0, UNSIGNED_FLAG)).type.id, TypeId::kUint32);
  const ColumnType big = planned(number_column(MYSQL_TYPE_LONGLONG, 20, 0, UNSIGNED_FLAG | NOT_NULL_FLAG));
  EXPECT_EQ(big.type.id, TypeId::kUint64);
  EXPECT_EQ(big.source_type, "mysql bigint(20) unsigned");
  EXPECT_FALSE(big.nullable);
}

TEST(MysqlColumn, pads_zerofill_numbers) {
  const unsigned flags = UNSIGNED_FLAG | ZEROFILL_FLAG;
  const ColumnType integer = planned(number_column(MYSQL_TYPE_LONG, 6, 0, flags));
  EXPECT_EQ(integer.style.zero_pad_width, 6);
  EXPECT_EQ(integer.source_type, "mysql int(6) unsigned zerofill");
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_NEWDECIMAL, 9, 2, flags)).style.zero_pad_width, 8);
  const ColumnType year = planned(number_column(MYSQL_TYPE_YEAR, 4, 0, flags));
  EXPECT_EQ(year.type.id, TypeId::kInt16);
  EXPECT_EQ(year.style.zero_pad_width, 4);
  EXPECT_EQ(year.source_type, "mysql year(4)");
}

TEST(MysqlColumn, reads_precision_and_scale_from_the_display_width) {
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_NEWDECIMAL, 14, 2, 0)).type,
            (LogicalType{TypeId::kDecimal, 12, 2}));
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_NEWDECIMAL, 21, 0, 0)).type,
            (LogicalType{TypeId::kDecimal, 20, 0}));
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_NEWDECIMAL, 67, 30, 0)).type,
            (LogicalType{TypeId::kDecimal, 65, 30}));
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_NEWDECIMAL, 13, 2, UNSIGNED_FLAG)).type,
            (LogicalType{TypeId::kDecimal, 12, 2}));
}

TEST(MysqlColumn, prints_seconds_with_the_declared_decimals) {
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_DATETIME, 26, 6, 0)).style.fraction_digits, 6);
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_DATETIME, 19, 0, 0)).style.fraction_digits, 0);
  const ColumnType timestamp = planned(number_column(MYSQL_TYPE_TIMESTAMP, 23, 3, 0));
  EXPECT_EQ(timestamp.type.id, TypeId::kTimestampTz);
  EXPECT_EQ(timestamp.style.fraction_digits, 3);
  EXPECT_TRUE(timestamp.style.hide_zone);
  EXPECT_EQ(timestamp.source_type, "mysql timestamp(3)");
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_TIME, 14, 3, 0)).type.id, TypeId::kInterval);
  EXPECT_EQ(planned(number_column(MYSQL_TYPE_DATE, 10, 0, 0)).style.fraction_digits, -1);
}

TEST(MysqlColumn, tells_text_from_bytes_by_the_charset) {
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_VAR_STRING, 400, kUtf8mb4)).source_type, "mysql varchar(100)");
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_STRING, 20, kUtf8mb4)).source_type, "mysql char(5)");
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_BLOB, 1020, kUtf8mb4)).source_type, "mysql tinytext");
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_BLOB, 4294967295, kUtf8mb4)).source_type, "mysql longtext");
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_STRING, 12, kUtf8mb4, SET_FLAG)).source_type, "mysql set");
  const ColumnType bytes = planned(string_column(MYSQL_TYPE_VAR_STRING, 16, kBinary));
  EXPECT_EQ(bytes.type.id, TypeId::kBytes);
  EXPECT_EQ(bytes.encoding, Encoding::kNative);
  EXPECT_EQ(bytes.source_type, "mysql varbinary(16)");
  EXPECT_EQ(planned(string_column(MYSQL_TYPE_BLOB, 65535, kBinary)).source_type, "mysql blob");
}

TEST(MysqlColumn, trusts_the_servers_own_names) {
  SourceColumn json = string_column(MYSQL_TYPE_BLOB, 4294967295, kUtf8mb4);
  json.format_name = "json";
  json.declared = "longtext";
  EXPECT_EQ(planned(json).type.id, TypeId::kJson);
  EXPECT_EQ(planned(json).source_type, "mysql json");
  SourceColumn uuid = string_column(MYSQL_TYPE_STRING, 144, kUtf8mb4);
  uuid.type_name = "uuid";
  EXPECT_EQ(planned(uuid).type.id, TypeId::kUuid);
  SourceColumn enumeration = string_column(MYSQL_TYPE_STRING, 12, kUtf8mb4, ENUM_FLAG);
  enumeration.declared = "enum('a','b,c')";
  EXPECT_EQ(planned(enumeration).source_type, "mysql enum('a','b,c')");
}

TEST(MysqlColumn, carries_floats_as_text_unless_they_were_widened) {
  SourceColumn column = number_column(MYSQL_TYPE_FLOAT, 12, 31, 0);
  EXPECT_TRUE(is_rounded(column));
  EXPECT_EQ(planned(column).encoding, Encoding::kText);
  EXPECT_TRUE(planned(column).style.bare_exponent);
  EXPECT_FALSE(is_rounded(number_column(MYSQL_TYPE_FLOAT, 7, 2, 0)));
  column = number_column(MYSQL_TYPE_DOUBLE, 22, 31, 0);
  EXPECT_FALSE(is_rounded(column));
  column.is_widened_float = true;
  const ColumnPlan plan = plan_column(column, ZeroDates::kNull);
  EXPECT_EQ(plan.carry, Carry::kFloat);
  EXPECT_EQ(plan.type.type.id, TypeId::kFloat);
  EXPECT_EQ(plan.type.encoding, Encoding::kNative);
}

TEST(MysqlColumn, turns_date_columns_into_text_by_policy) {
  const SourceColumn column = number_column(MYSQL_TYPE_DATETIME, 19, 0, NOT_NULL_FLAG);
  const ColumnPlan text = plan_column(column, ZeroDates::kText);
  EXPECT_EQ(text.type.type.id, TypeId::kText);
  EXPECT_EQ(text.type.source_type, "mysql datetime");
  EXPECT_EQ(text.type.style, PrintStyle{});
  EXPECT_FALSE(text.type.nullable);
  EXPECT_TRUE(plan_column(column, ZeroDates::kNull).type.nullable);
  EXPECT_FALSE(plan_column(column, ZeroDates::kError).type.nullable);
}

TEST(MysqlValues, finds_zero_dates) {
  EXPECT_TRUE(is_zero_date("0000-00-00"));
  EXPECT_TRUE(is_zero_date("0000-00-00 00:00:00.000000"));
  EXPECT_TRUE(is_zero_date("2024-00-10"));
  EXPECT_TRUE(is_zero_date("2024-10-00 12:00:00"));
  EXPECT_TRUE(is_zero_date("0000-01-01"));
  EXPECT_FALSE(is_zero_date("2000-10-10 00:00:00"));
  EXPECT_FALSE(is_zero_date("1000-01-01"));
}

TEST(MysqlValues, reads_bits_as_a_number) {
  using namespace std::string_view_literals;
  EXPECT_EQ(to_number("\x02\x01"sv), 513U);
  EXPECT_EQ(to_number("\xff\xff\xff\xff\xff\xff\xff\xff"sv), 18446744073709551615U);
  EXPECT_EQ(to_number("\0"sv), 0U);
}

TEST(MysqlValues, moves_the_spatial_reference_into_the_geometry) {
  const std::string point = std::string("\x01\x01\0\0\0", 5) + std::string(16, '\x07');
  EXPECT_EQ(to_ewkb(std::string(4, '\0') + point), point);
  const std::string srid("\xe6\x10\0\0", 4);
  EXPECT_EQ(to_ewkb(srid + point), std::string("\x01\x01\0\0\x20", 5) + srid + std::string(16, '\x07'));
  const std::string big_endian("\0\0\0\0\x01zz", 7);
  EXPECT_EQ(to_ewkb(srid + big_endian), std::string("\0\x20\0\0\x01\0\0\x10\xe6zz", 11));
  EXPECT_THROW(to_ewkb("\x01\x02"), Error);
}

TEST(MysqlTable, quotes_names) {
  EXPECT_EQ(quoted_name("orders"), "`orders`");
  EXPECT_EQ(quoted_name("a`; DROP"), "`a``; DROP`");
  EXPECT_EQ(parse_table_name("shop.orders").quoted(), "`shop`.`orders`");
  EXPECT_EQ(parse_table_name("orders").quoted(), "`orders`");
  EXPECT_EQ(parse_table_name("a.b.c").quoted(), "`a`.`b.c`");
  EXPECT_THROW(parse_table_name(".orders"), Error);
  EXPECT_THROW(parse_table_name("shop."), Error);
  EXPECT_THROW(parse_table_name(""), Error);
}

TEST(MysqlTable, declarations_complete_what_the_result_says) {
  std::vector<SourceColumn> columns{number_column(MYSQL_TYPE_DOUBLE, 22, 31, 0)};
  TableRead read;
  read.columns = {{"c", "float", true, false}};
  add_declarations(columns, read);
  EXPECT_TRUE(columns[0].is_widened_float);
  EXPECT_EQ(planned(columns[0]).source_type, "mysql float");
  EXPECT_FALSE(planned(columns[0]).nullable);
}

class MysqlErrors : public testing::Test {
 protected:
  ConnectionSpec spec_ = parse_connection_spec("mysql", R"(
title: test
fields:
  username: {type: string}
  password: {type: string, secret: true}
)");
  ConnectionConfig connection_{"mysql", "default", spec_, {{"password", Secret("hunter2hunter2")}}};
};

TEST_F(MysqlErrors, map_numbers_to_codes) {
  struct Expected {
    unsigned number;
    std::string_view code;
    ErrorKind kind;
    bool is_retryable;
  };
  constexpr ErrorKind kRemote = ErrorKind::kConnection;
  constexpr ErrorKind kUser = ErrorKind::kUser;
  constexpr std::array kExpected{
      Expected{1045, "connection.denied", kRemote, false},
      Expected{1698, "connection.denied", kRemote, false},
      Expected{1044, "connection.denied", kRemote, false},
      Expected{2002, "connection.refused", kRemote, true},
      Expected{2003, "connection.refused", kRemote, true},
      Expected{2005, "connection.unknown_host", kRemote, false},
      Expected{2006, "connection.lost", kRemote, true},
      Expected{2013, "connection.lost", kRemote, true},
      Expected{1049, "connection.unknown_database", kRemote, false},
      Expected{1040, "connection.too_many", kRemote, true},
      Expected{1146, "query.unknown_table", kUser, false},
      Expected{1054, "query.unknown_column", kUser, false},
      Expected{1064, "query.syntax", kUser, false},
      Expected{1142, "query.denied", kUser, false},
      Expected{1143, "query.denied", kUser, false},
      Expected{1792, "query.not_read_only", kUser, false},
      Expected{1969, "query.timeout", kUser, false},
      Expected{3024, "query.timeout", kUser, false},
      Expected{1205, "query.locked", kUser, true},
      Expected{1213, "query.locked", kUser, true},
      Expected{9999, "query.failed", kUser, false},
  };
  for (const Expected& expected : kExpected) {
    const Error error = server_error(expected.number, "text", connection_);
    EXPECT_EQ(error.code(), expected.code) << expected.number;
    EXPECT_EQ(error.kind(), expected.kind) << expected.number;
    EXPECT_EQ(error.is_retryable(), expected.is_retryable) << expected.number;
  }
}

TEST_F(MysqlErrors, name_the_connection_and_hide_its_secrets) {
  const Error error = server_error(1045, "no hunter2hunter2 here", connection_);
  EXPECT_EQ(error.message(), "the server denied access: no *** here");
  EXPECT_EQ(error.hint(), "check username and password of @mysql.default");
}

/// A row as the client library leaves it: the values one after the other, a zero byte after each.
class SentRow {
 public:
  explicit SentRow(const std::vector<std::optional<std::string>>& values) {
    for (const auto& value : values) bytes_ += value.value_or("") + '\0';
    std::size_t at = 0;
    for (const auto& value : values) {
      cells_.push_back(value ? bytes_.data() + at : nullptr);
      lengths_.push_back(value ? value->size() : 0);
      at += value.value_or("").size() + 1;
    }
  }
  MYSQL_ROW cells() { return cells_.data(); }
  std::span<const unsigned long> lengths() const { return lengths_; }

 private:
  std::string bytes_;
  std::vector<char*> cells_;
  std::vector<unsigned long> lengths_;
};

std::vector<ColumnPlan> text_date_and_bit(ZeroDates zero_dates) {
  std::vector<SourceColumn> columns{string_column(MYSQL_TYPE_VAR_STRING, 400, kUtf8mb4),
                                    number_column(MYSQL_TYPE_DATE, 10, 0, 0),
                                    number_column(MYSQL_TYPE_BIT, 10, 0, UNSIGNED_FLAG)};
  std::vector<ColumnPlan> plans;
  for (const SourceColumn& column : columns) plans.push_back(plan_column(column, zero_dates));
  plans[1].type.name = "born";
  return plans;
}

void append(RowReader& reader, const std::vector<std::optional<std::string>>& values) {
  SentRow row(values);
  reader.append(row.cells(), row.lengths());
}

TEST(MysqlRowReader, keeps_the_servers_bytes) {
  RowReader reader(text_date_and_bit(ZeroDates::kNull), ZeroDates::kNull);
  append(reader, {"a text longer than a reference holds", "2024-02-29", std::string("\x02\x01", 2)});
  append(reader, {std::nullopt, std::nullopt, std::nullopt});
  append(reader, {"", "2000-01-01", std::nullopt});
  const Batch batch = reader.builder().finish();
  EXPECT_EQ(batch.row_count(), 3U);
  EXPECT_EQ(batch.column(0).text(0), "a text longer than a reference holds");
  EXPECT_EQ(batch.column(1).text(0), "2024-02-29");
  EXPECT_EQ(batch.column(2).as<std::uint64_t>()[0], 513U);
  EXPECT_FALSE(batch.column(0).is_valid(1));
  EXPECT_TRUE(batch.column(0).is_valid(2));
  EXPECT_EQ(batch.column(0).text(2), "");
}

TEST(MysqlRowReader, keeps_values_around_the_inlined_length) {
  RowReader reader(text_date_and_bit(ZeroDates::kNull), ZeroDates::kNull);
  const std::string letters = "abcdefghijklmnopqrst";
  for (std::size_t length = 0; length <= letters.size(); ++length) {
    append(reader, {letters.substr(0, length), std::nullopt, std::nullopt});
  }
  const Batch batch = reader.builder().finish();
  for (std::size_t length = 0; length <= letters.size(); ++length) {
    const StringRef& value = batch.column(0).as<StringRef>()[length];
    EXPECT_EQ(value.view(), letters.substr(0, length));
    EXPECT_EQ(std::string(value.prefix, 4), (letters.substr(0, length) + std::string(4, '\0')).substr(0, 4));
  }
}

TEST(MysqlRowReader, counts_zero_dates_and_warns_once) {
  RowReader reader(text_date_and_bit(ZeroDates::kNull), ZeroDates::kNull);
  append(reader, {"a", "0000-00-00", std::nullopt});
  append(reader, {"b", "2024-00-10", std::nullopt});
  EXPECT_FALSE(reader.builder().finish().column(1).is_valid(1));
  TestContext listener;
  reader.report(listener);
  EXPECT_THAT(listener.warnings,
              testing::ElementsAre(testing::EndsWith(": 2 zero dates became null in column 'born'")));
}

TEST(MysqlRowReader, refuses_zero_dates_when_told_to) {
  RowReader reader(text_date_and_bit(ZeroDates::kError), ZeroDates::kError);
  append(reader, {"a", "2024-01-01", std::nullopt});
  try {
    append(reader, {"b", "0000-00-00", std::nullopt});
    FAIL() << "a zero date passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "value.zero_date");
    EXPECT_EQ(error.message(), "row 2, column 'born' is a date that no calendar has: '0000-00-00'");
  }
}

TEST(MysqlRowReader, refuses_text_that_is_not_utf8) {
  RowReader reader(text_date_and_bit(ZeroDates::kNull), ZeroDates::kNull);
  try {
    append(reader, {"caf\xe9", std::nullopt, std::nullopt});
    FAIL() << "broken text passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_EQ(error.code(), "value.invalid_utf8");
    EXPECT_EQ(error.message(), "row 1, column 'c' is not UTF-8");
  }
}

}  // namespace
}  // namespace osiris::mysql
