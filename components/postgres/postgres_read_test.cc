#include <bit>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"
#include "component/config.h"
#include "postgres/column.h"
#include "postgres/copy_buffer.h"
#include "postgres/errors.h"
#include "postgres/numeric_text.h"
#include "postgres/row_collector.h"
#include "postgres/row_decoder.h"
#include "postgres/source.h"
#include "table/values.h"

namespace osiris::postgres {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

SourceColumn source_column(std::uint32_t number, std::string declared, std::int32_t modifier = -1,
                           std::string send_function = "") {
  SourceColumn column;
  column.name = "c";
  column.type_number = number;
  column.type_modifier = modifier;
  column.declared = std::move(declared);
  column.send_function = std::move(send_function);
  return column;
}

constexpr std::int32_t numeric_modifier(int precision, int scale) {
  return (precision << 16 | (scale & 0x7ff)) + 4;
}

/// A message as the server makes it.
class Message {
 public:
  template <typename T>
  Message& number(T value) {
    buffer_.take(put_big_endian(buffer_.room(sizeof value), value));
    return *this;
  }
  Message& text(std::string_view text) {
    buffer_.append(text);
    return *this;
  }
  Message& row(int column_count) { return number(static_cast<std::int16_t>(column_count)); }
  Message& null() { return number(std::int32_t{-1}); }
  Message& value(std::string_view bytes) {
    return number(static_cast<std::int32_t>(bytes.size())).text(bytes);
  }
  template <typename T>
  Message& value_of(T number_) {
    return number(static_cast<std::int32_t>(sizeof number_)).number(number_);
  }
  std::string bytes() const { return std::string(buffer_.view()); }

 private:
  CopyBuffer buffer_;
};

std::string numeric(int weight, std::uint16_t sign, int scale, std::initializer_list<int> groups) {
  Message message;
  message.number(static_cast<std::int16_t>(groups.size())).number(static_cast<std::int16_t>(weight));
  message.number(sign).number(static_cast<std::int16_t>(scale));
  for (const int group : groups) message.number(static_cast<std::int16_t>(group));
  return message.bytes();
}

std::string printed(const std::string& value) {
  std::string text(numeric_room(value), '?');
  text.resize(static_cast<std::size_t>(print_numeric(text.data(), value) - text.data()));
  return text;
}

/// A batch of one row of one column.
Batch batch_of(const SourceColumn& column, const std::string& value) {
  RowCollector collector(std::make_shared<const RowDecoder>(std::vector<ColumnPlan>{plan_column(column)}));
  collector.append(Message().row(1).value(value).bytes());
  return collector.finish();
}

std::string text_of(const SourceColumn& column, const std::string& value) {
  const Batch batch = batch_of(column, value);
  std::string text;
  append_value_text(text, batch.column(0), 0, plan_column(column).type);
  return text;
}

template <typename T>
std::string bytes_of(T value) {
  return Message().number(value).bytes();
}

TEST(PostgresNumeric, prints_what_the_server_prints) {
  EXPECT_EQ(printed(numeric(0, 0, 0, {})), "0");
  EXPECT_EQ(printed(numeric(0, 0, 2, {})), "0.00");
  EXPECT_EQ(printed(numeric(0, 0, 0, {7})), "7");
  EXPECT_EQ(printed(numeric(0, 0, 0, {9999})), "9999");
  EXPECT_EQ(printed(numeric(1, 0, 0, {1})), "10000");
  EXPECT_EQ(printed(numeric(1, 0, 2, {12, 34, 5600})), "120034.56");
  EXPECT_EQ(printed(numeric(-1, 0x4000, 2, {5000})), "-0.50");
  EXPECT_EQ(printed(numeric(-2, 0, 5, {1000})), "0.00001");
  EXPECT_EQ(printed(numeric(-3, 0, 10, {100})), "0.0000000001");
  EXPECT_EQ(printed(numeric(0, 0, 6, {1, 5000})), "1.500000");
  EXPECT_EQ(printed(numeric(0, 0xC000, 0, {})), "NaN");
  EXPECT_EQ(printed(numeric(0, 0xD000, 32, {})), "Infinity");
  EXPECT_EQ(printed(numeric(0, 0xF000, 32, {})), "-Infinity");
}

TEST(PostgresNumeric, is_refused_where_it_is_not_whole) {
  EXPECT_TRUE(is_numeric(numeric(0, 0, 0, {7})));
  EXPECT_FALSE(is_numeric(""));
  EXPECT_FALSE(is_numeric(numeric(0, 0, 0, {7}).substr(0, 9)));
  EXPECT_FALSE(is_numeric(numeric(0, 0, 0, {10000})));
  EXPECT_FALSE(is_numeric(numeric(0, 0, -1, {7})));
  EXPECT_THAT(error_of([&] { batch_of(source_column(1700, "numeric"), "abc").column(0); }),
              StartsWith("value.malformed"));
}

TEST(PostgresColumn, carries_types_in_their_own_form) {
  const ColumnPlan integer = plan_column(source_column(23, "integer"));
  EXPECT_EQ(integer.type.type.id, TypeId::kInt32);
  EXPECT_EQ(integer.type.encoding, Encoding::kNative);
  EXPECT_EQ(integer.type.source_type, "postgres integer");
  EXPECT_EQ(plan_column(source_column(1184, "timestamp with time zone")).type.type.id, TypeId::kTimestampTz);
  EXPECT_EQ(plan_column(source_column(3802, "jsonb")).type.type.id, TypeId::kJson);
  EXPECT_EQ(plan_column(source_column(26, "oid")).type.type.id, TypeId::kUint32);
}

TEST(PostgresColumn, carries_decimals_as_text_within_their_bounds) {
  const auto decimal = [](int precision, int scale) {
    const ColumnType type =
        plan_column(source_column(1700, "numeric", numeric_modifier(precision, scale))).type;
    EXPECT_EQ(type.encoding, Encoding::kText);
    return type.type;
  };
  EXPECT_EQ(decimal(12, 2), (LogicalType{TypeId::kDecimal, 12, 2}));
  EXPECT_EQ(decimal(65, 30), (LogicalType{TypeId::kDecimal, 65, 30}));
  EXPECT_EQ(decimal(3, -2), (LogicalType{TypeId::kDecimal, 5, 0}));
  EXPECT_EQ(decimal(2, 4), (LogicalType{TypeId::kDecimal, 4, 4}));
  EXPECT_EQ(decimal(66, 2), (LogicalType{TypeId::kText}));
  EXPECT_EQ(plan_column(source_column(1700, "numeric")).type.type, (LogicalType{TypeId::kText}));
}

TEST(PostgresColumn, casts_what_only_the_server_prints) {
  EXPECT_EQ(plan_column(source_column(1007, "integer[]", -1, "array_send")).carry, Carry::kCast);
  EXPECT_EQ(plan_column(source_column(869, "inet", -1, "inet_send")).carry, Carry::kCast);
  EXPECT_EQ(plan_column(source_column(90'000, "pair", -1, "record_send")).carry, Carry::kCast);
  EXPECT_EQ(plan_column(source_column(90'001, "mood", -1, "enum_send")).carry, Carry::kText);
  EXPECT_EQ(plan_column(source_column(90'002, "citext", -1, "citextsend")).carry, Carry::kText);
}

TEST(PostgresColumn, names_the_form_on_the_wire) {
  EXPECT_EQ(wire_format({plan_column(source_column(20, "bigint")),
                         plan_column(source_column(1700, "numeric(12,2)", numeric_modifier(12, 2))),
                         plan_column(source_column(90'001, "mood", 7, "enum_send"))}),
            "postgres copy binary: 20:-1,1700:786438,25:-1");
  EXPECT_EQ(wire_format({plan_text(source_column(20, "bigint"))}), "postgres copy binary: 25:-1");
}

TEST(PostgresRows, decode_every_form) {
  EXPECT_EQ(text_of(source_column(16, "boolean"), std::string(1, '\1')), "true");
  EXPECT_EQ(text_of(source_column(21, "smallint"), bytes_of(std::int16_t{-2})), "-2");
  EXPECT_EQ(text_of(source_column(20, "bigint"), bytes_of(std::numeric_limits<std::int64_t>::min())),
            "-9223372036854775808");
  EXPECT_EQ(text_of(source_column(701, "double precision"), bytes_of(std::bit_cast<std::int64_t>(0.1))),
            "0.1");
  EXPECT_EQ(text_of(source_column(1082, "date"), bytes_of(std::int32_t{0})), "2000-01-01");
  EXPECT_EQ(text_of(source_column(1082, "date"), bytes_of(std::numeric_limits<std::int32_t>::max())),
            "infinity");
  EXPECT_EQ(text_of(source_column(1114, "timestamp"), bytes_of(std::int64_t{-1})),
            "1999-12-31 23:59:59.999999");
  EXPECT_EQ(text_of(source_column(1114, "timestamp"), bytes_of(std::numeric_limits<std::int64_t>::min())),
            "-infinity");
  EXPECT_EQ(
      text_of(
          source_column(1186, "interval"),
          Message().number(std::int64_t{1'000'000}).number(std::int32_t{2}).number(std::int32_t{14}).bytes()),
      "1 year 2 months 2 days 00:00:01");
  EXPECT_EQ(text_of(source_column(2950, "uuid"),
                    "\x6b\xa6\x7f\x88\xe7\xb1\x11\xf1\x86\x29\x02\xfc\x01\x02\x03\x04"),
            "6ba67f88-e7b1-11f1-8629-02fc01020304");
  EXPECT_EQ(text_of(source_column(25, "text"), "a text of many characters"), "a text of many characters");
  EXPECT_EQ(text_of(source_column(3802, "jsonb"), "\1{}"), "{}");
}

TEST(PostgresRows, refuse_what_no_batch_holds) {
  const SourceColumn timestamp = source_column(1114, "timestamp");
  const auto last = std::numeric_limits<std::int64_t>::max() - 946'684'800'000'000 - 1;
  EXPECT_EQ(text_of(timestamp, bytes_of(last)), "294247-01-10 04:00:54.775806");
  EXPECT_THAT(error_of([&] { batch_of(timestamp, bytes_of(last + 1)).column(0); }),
              StartsWith("value.out_of_range"));
  const std::string endless = Message()
                                  .number(std::numeric_limits<std::int64_t>::max())
                                  .number(std::numeric_limits<std::int32_t>::max())
                                  .number(std::numeric_limits<std::int32_t>::max())
                                  .bytes();
  EXPECT_THAT(error_of([&] { batch_of(source_column(1186, "interval"), endless).column(0); }),
              StartsWith("value.out_of_range"));
  EXPECT_THAT(error_of([&] { batch_of(source_column(23, "integer"), "abc").column(0); }),
              StartsWith("value.malformed"));
  EXPECT_THAT(error_of([&] { batch_of(source_column(3802, "jsonb"), "").column(0); }),
              StartsWith("value.malformed"));
}

std::shared_ptr<const RowDecoder> integer_and_text() {
  SourceColumn id = source_column(23, "integer");
  SourceColumn text = source_column(25, "text");
  id.name = "id";
  text.name = "text";
  return std::make_shared<const RowDecoder>(std::vector<ColumnPlan>{plan_column(id), plan_column(text)});
}

TEST(PostgresRows, are_not_trusted_to_be_whole) {
  const std::string whole = Message().row(2).value_of(std::int32_t{7}).value("seven").bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RowCollector collector(integer_and_text());
    collector.append(whole.substr(0, size));
    const Batch batch = collector.finish();
    EXPECT_THAT(error_of([&] { batch.column(0); }), StartsWith("connection.lost"));
    EXPECT_THAT(error_of([&] { batch.null_count(0); }), StartsWith("connection.lost"));
  }
  RowCollector collector(integer_and_text());
  collector.append(Message().row(1).value_of(std::int32_t{7}).bytes());
  EXPECT_THAT(error_of([&] { collector.finish().column(0); }), StartsWith("connection.lost"));
}

TEST(PostgresRows, are_passed_on_as_they_came) {
  RowCollector collector(integer_and_text());
  const std::string first = Message().row(2).value_of(std::int32_t{1}).null().bytes();
  const std::string second = Message().row(2).null().value("two").bytes();
  collector.append(first);
  collector.append(second);
  const Batch batch = collector.finish();
  ASSERT_TRUE(batch.wire().has_value());
  EXPECT_EQ(batch.wire()->format, "postgres copy binary: 23:-1,25:-1");
  EXPECT_EQ(batch.wire()->bytes, first + second);
  EXPECT_EQ(batch.row_count(), 2U);
  EXPECT_EQ(batch.null_count(0), 1U);
  EXPECT_EQ(batch.null_count(1), 1U);
  EXPECT_FALSE(batch.column(0).is_valid(1));
  EXPECT_EQ(batch.column(0).as<std::int32_t>()[0], 1);
  EXPECT_EQ(batch.column(1).text(1), "two");
}

TEST(PostgresRows, fill_batches_to_their_bounds) {
  RowCollector collector(integer_and_text());
  const std::string row = Message().row(2).value_of(std::int32_t{1}).value("x").bytes();
  while (!collector.is_full(row.size())) collector.append(row);
  EXPECT_EQ(collector.finish().row_count(), Batch::kMaxRows);
  EXPECT_TRUE(collector.is_empty());

  const std::string large = Message().row(2).null().value(std::string(Batch::kMaxBytes, 'x')).bytes();
  EXPECT_FALSE(collector.is_full(large.size())) << "a large row travels alone";
  collector.append(large);
  EXPECT_TRUE(collector.is_full(row.size()));
  EXPECT_EQ(collector.finish().column(1).text(0).size(), Batch::kMaxBytes);

  const std::vector<ColumnPlan> wide(1000, plan_column(source_column(20, "bigint")));
  RowCollector narrow(std::make_shared<const RowDecoder>(wide));
  Message message;
  message.row(1000);
  for (int column = 0; column < 1000; ++column) message.value_of(std::int64_t{column});
  while (!narrow.is_full(0)) narrow.append(message.bytes());
  const Batch batch = narrow.finish();
  EXPECT_LT(batch.row_count(), Batch::kMaxRows);
  EXPECT_EQ(batch.column(999).as<std::int64_t>()[batch.row_count() - 1], 999);
}

TEST(PostgresRows, reuse_memory_without_mixing_batches) {
  RowCollector collector(integer_and_text());
  std::optional<Batch> before;
  for (std::int32_t number = 1; number <= 20; ++number) {
    collector.append(
        Message().row(2).value_of(number).value(std::string(static_cast<std::size_t>(number), 'x')).bytes());
    Batch batch = collector.finish();
    EXPECT_EQ(batch.column(0).as<std::int32_t>()[0], number);
    if (before) {
      EXPECT_EQ(before->column(1).text(0).size(), static_cast<std::size_t>(number) - 1);
    }
    before = std::move(batch);
  }
}

TEST(PostgresRows, name_the_row_of_the_whole_result) {
  RowCollector collector(std::make_shared<const RowDecoder>(
      std::vector<ColumnPlan>{plan_column(source_column(1114, "timestamp"))}));
  collector.append(Message().row(1).value_of(std::int64_t{0}).bytes());
  (void)collector.finish();
  collector.append(Message().row(1).value_of(std::int64_t{0}).bytes());
  collector.append(Message().row(1).value_of(std::numeric_limits<std::int64_t>::max() - 1).bytes());
  const Batch batch = collector.finish();
  EXPECT_THAT(error_of([&] { batch.column(0); }), HasSubstr("row 3, column 'c'"));
  EXPECT_EQ(hint_of([&] { batch.column(0); }), "select \"c\"::text");
}

class PostgresErrors : public testing::Test {
 protected:
  const ConnectionSpec spec_ = parse_connection_spec(
      "postgres", "title: t\nfields:\n  password: {type: string, secret: true, help: h}\n");
  const ConnectionConfig connection_{"postgres", "main", spec_, {{"password", Secret("hunter2hunter2")}}};
};

TEST_F(PostgresErrors, come_from_the_sqlstate) {
  struct Expected {
    std::string_view sqlstate, code;
    ErrorKind kind;
    bool is_retryable;
  };
  for (const auto& [sqlstate, code, kind, is_retryable] : {
           Expected{"28P01", "connection.denied", ErrorKind::kConnection, false},
           Expected{"3D000", "connection.unknown_database", ErrorKind::kConnection, false},
           Expected{"53300", "connection.too_many", ErrorKind::kConnection, true},
           Expected{"57P01", "connection.lost", ErrorKind::kConnection, true},
           Expected{"57P03", "connection.refused", ErrorKind::kConnection, true},
           Expected{"08003", "connection.lost", ErrorKind::kConnection, true},
           Expected{kUnreachable, "connection.refused", ErrorKind::kConnection, true},
           Expected{kNoEncryption, "connection.tls", ErrorKind::kConnection, false},
           Expected{"42P01", "query.unknown_table", ErrorKind::kUser, false},
           Expected{"42703", "query.unknown_column", ErrorKind::kUser, false},
           Expected{"42501", "query.denied", ErrorKind::kUser, false},
           Expected{"25006", "query.not_read_only", ErrorKind::kUser, false},
           Expected{kStopped, "query.interrupted", ErrorKind::kUser, false},
           Expected{kTimedOut, "query.timeout", ErrorKind::kUser, false},
           Expected{"40001", "query.locked", ErrorKind::kUser, true},
           Expected{"55P03", "query.locked", ErrorKind::kUser, true},
           Expected{"22001", "value.too_long", ErrorKind::kData, false},
           Expected{"22003", "value.out_of_range", ErrorKind::kData, false},
           Expected{"22012", "value.refused", ErrorKind::kData, false},
           Expected{"23505", "value.duplicate_key", ErrorKind::kData, false},
           Expected{"42P18", "query.failed", ErrorKind::kUser, false},
       }) {
    const Error error = server_error(sqlstate, "text", connection_);
    EXPECT_EQ(error.code(), code) << sqlstate;
    EXPECT_EQ(error.kind(), kind) << sqlstate;
    EXPECT_EQ(error.is_retryable(), is_retryable) << sqlstate;
  }
}

TEST_F(PostgresErrors, tell_the_connection_and_no_secret) {
  const Error error = server_error("28P01", "no hunter2hunter2 here", connection_);
  EXPECT_EQ(error.message(), "the server denied access: no *** here");
  EXPECT_EQ(error.hint(), "check username, password and database of @postgres.main");
}

TEST(PostgresSource, quotes_the_names_of_a_table) {
  EXPECT_EQ(quoted_table("orders"), "\"orders\"");
  EXPECT_EQ(quoted_table("shop.orders"), "\"shop\".\"orders\"");
  EXPECT_EQ(quoted_table("My Shop.Ord\"ers"), "\"My Shop\".\"Ord\"\"ers\"");
  EXPECT_THAT(error_of([&] { quoted_table(".orders"); }), StartsWith("query.invalid_table"));
  EXPECT_THAT(error_of([&] { quoted_table("shop."); }), StartsWith("query.invalid_table"));
}

}  // namespace
}  // namespace osiris::postgres
