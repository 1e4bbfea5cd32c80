#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "base/text.h"
#include "postgres/copy_encoder.h"
#include "postgres/copy_sink.h"
#include "postgres/numeric_text.h"
#include "postgres/server_types.h"
#include "postgres/type_verdicts.h"
#include "tests/conformance/places.h"

namespace osiris::postgres {
namespace {

/// Notes what the encoder refuses.
class NotedRows : public RowPolicy {
 public:
  void refuse(const Batch&, std::size_t row, std::optional<std::size_t> column,
              const Error& reason) override {
    rows.push_back(cat(row, ":", column.value_or(99), ": ", reason.code()));
    messages.push_back(reason.message());
  }
  std::vector<std::string> rows, messages;
};

ColumnType text_column(std::string name = "c") {
  ColumnType column;
  column.name = std::move(name);
  return column;
}

ColumnType native_column(LogicalType type) {
  ColumnType column = text_column();
  column.type = type;
  return column;
}

TableMatch match_of(const std::vector<std::string>& declared) {
  TableMatch match;
  for (const std::string& type : declared) {
    const std::size_t at = match.columns.size();
    MatchedColumn& column = match.columns.emplace_back();
    column.source = at;
    column.target = declared_column(cat("c", at), type);
  }
  return match;
}

/// What becomes of one cell: the hex digits of its binary payload, the text, or the error's code.
class Cell {
 public:
  Cell(const ColumnType& source, const std::string& declared, const LossyColumns& lossy = {})
      : schema_{source}, match_(match_of({declared})), lossy_(lossy), builder_(schema_) {}

  std::string operator()(std::string_view text) {
    builder_.append_text(0, text);
    return encoded();
  }
  template <typename T>
  std::string native(T value) {
    builder_.append(0, value);
    return encoded();
  }
  const std::string& message() const { return message_; }

 private:
  std::string encoded() {
    builder_.end_row();
    NotedRows refused;
    CopyBuffer out;
    CopyEncoder encoder(schema_, match_, lossy_, std::nullopt);
    const std::uint64_t row_count = encoder.encode(builder_.finish(), 0, 1, refused, out);
    EXPECT_EQ(row_count + refused.rows.size(), 1U);
    if (row_count == 0) {
      EXPECT_EQ(out.size(), 0U);
      message_ = refused.messages.front();
      return refused.rows.front().substr(5);
    }
    if (encoder.format() == CopyFormat::kText) return std::string(out.view().substr(0, out.size() - 1));
    constexpr std::size_t kHead = sizeof(std::int16_t) + sizeof(std::int32_t);
    const std::string hex = to_hex(out.view());
    EXPECT_EQ(hex.substr(0, 4), "0001");
    EXPECT_EQ(std::stoul(hex.substr(4, 8), nullptr, 16), out.size() - kHead);
    return hex.substr(2 * kHead);
  }

  Schema schema_;
  TableMatch match_;
  LossyColumns lossy_;
  BatchBuilder builder_;
  std::string message_;
};

std::string from_text(std::string_view text, const std::string& declared) {
  return Cell(text_column(), declared)(text);
}
std::string rounded(std::string_view text, const std::string& declared) {
  return Cell(text_column(), declared, {"c"})(text);
}
template <typename T>
std::string from_native(LogicalType type, T value, const std::string& declared) {
  return Cell(native_column(type), declared).native(value);
}

/// A binary numeric as the reader of our own extractor prints it.
std::string numeric_text(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  }
  std::string text(numeric_room(bytes), '\0');
  text.resize(static_cast<std::size_t>(print_numeric(text.data(), bytes) - text.data()));
  return text;
}

TEST(CopyEncoder, writes_whole_numbers) {
  EXPECT_EQ(from_text("17", "smallint"), "0011");
  EXPECT_EQ(from_text("-32768", "smallint"), "8000");
  EXPECT_EQ(from_text("32768", "smallint"), "value.out_of_range");
  EXPECT_EQ(from_text("-2147483648", "integer"), "80000000");
  EXPECT_EQ(from_text("2147483648", "integer"), "value.out_of_range");
  EXPECT_EQ(from_text("9223372036854775807", "bigint"), "7fffffffffffffff");
  EXPECT_EQ(from_text("-9223372036854775808", "bigint"), "8000000000000000");
  EXPECT_EQ(from_text("9223372036854775808", "bigint"), "value.out_of_range");
  EXPECT_EQ(from_text("-9223372036854775809", "bigint"), "value.out_of_range");
}

TEST(CopyEncoder, takes_any_spelling_of_a_whole_number) {
  EXPECT_EQ(from_text("+7", "integer"), "00000007");
  EXPECT_EQ(from_text(" 7 ", "integer"), "00000007");
  EXPECT_EQ(from_text("000042", "integer"), "0000002a");
  EXPECT_EQ(from_text("5.00", "integer"), "00000005");
  EXPECT_EQ(from_text("1.2e3", "integer"), "000004b0");
  EXPECT_EQ(from_text("1200e-2", "integer"), "0000000c");
}

TEST(CopyEncoder, refuses_what_is_no_whole_number) {
  for (const std::string_view text : {"", " ", "x", "1x", "0x10", "1 2", "--1", "1e", "."}) {
    EXPECT_EQ(from_text(text, "integer"), "value.malformed") << text;
  }
  EXPECT_EQ(from_text("1.5", "integer"), "value.out_of_range");
  EXPECT_EQ(from_text("NaN", "integer"), "value.out_of_range");
  EXPECT_EQ(from_text("1e400000", "bigint"), "value.out_of_range");
}

TEST(CopyEncoder, rounds_only_where_it_is_allowed) {
  EXPECT_EQ(rounded("1.5", "integer"), "00000002");
  EXPECT_EQ(rounded("-2.5", "integer"), "fffffffd");
  EXPECT_EQ(rounded("2147483647.5", "integer"), "value.out_of_range");
  EXPECT_EQ(numeric_text(rounded("10.005", "numeric(12,2)")), "10.005");  // the server rounds it
  EXPECT_EQ(rounded("2024-01-01 00:00:00.5", "timestamp(0) without time zone"), "0002b0d5d4f0e120");
  EXPECT_EQ(rounded("x", "integer"), "value.malformed");
}

TEST(CopyEncoder, reads_native_integers_of_every_width) {
  EXPECT_EQ(from_native<std::int8_t>({TypeId::kInt8}, -128, "smallint"), "ff80");
  EXPECT_EQ(from_native<std::uint16_t>({TypeId::kUint16}, 65535, "integer"), "0000ffff");
  EXPECT_EQ(from_native<std::uint16_t>({TypeId::kUint16}, 65535, "smallint"), "value.out_of_range");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kInt64}, -1, "integer"), "ffffffff");
  EXPECT_EQ(from_native<std::uint64_t>({TypeId::kUint64}, ~std::uint64_t{0}, "bigint"), "value.out_of_range");
  EXPECT_EQ(from_native<std::uint8_t>({TypeId::kBoolean}, 1, "integer"), "00000001");
  EXPECT_EQ(from_native<Hugeint>({TypeId::kHugeint}, {12, 0}, "bigint"), "000000000000000c");
  EXPECT_EQ(from_native<double>({TypeId::kDouble}, 1e16, "bigint"), "002386f26fc10000");
  EXPECT_EQ(from_native<double>({TypeId::kDouble}, 0.5, "bigint"), "value.out_of_range");
  EXPECT_EQ(from_native<std::int16_t>({TypeId::kDecimal, 4, 2}, 500, "integer"), "00000005");
  EXPECT_EQ(from_native<std::int16_t>({TypeId::kDecimal, 4, 2}, 501, "integer"), "value.out_of_range");
}

/// Source of the expected bytes here and below: PostgreSQL 15, numeric_send() and its like.
TEST(CopyEncoder, writes_numerics_as_the_server_does) {
  EXPECT_EQ(from_text("0", "numeric"), "0000ffff00000000");
  EXPECT_EQ(from_text("1", "numeric"), "00010000000000000001");
  EXPECT_EQ(from_text("0.0001", "numeric"), "0001ffff000000040001");
  EXPECT_EQ(from_text("9999", "numeric"), "0001000000000000270f");
  EXPECT_EQ(from_text("99999999", "numeric"), "0002000100000000270f270f");
  EXPECT_EQ(from_text("-123.4500", "numeric"), "0002000040000004007b1194");
  EXPECT_EQ(from_text("12345678901234567890123456789012345678", "numeric"),
            "000a000900000000000c0d801ed204d2162e23340d801ed204d2162e");
  EXPECT_EQ(from_text("NaN", "numeric"), "0000ffffc0000000");
}

TEST(CopyEncoder, keeps_every_digit_of_a_numeric) {
  for (const std::string text :
       {"0.00", "10000", "100000000", "-0.50", "0.00000000000000000001", "1234.5678", "12345.67891",
        "99999999999999999999999999999999999999.999999999999999999999999999999", "-1", "0.1", "1000.0001"}) {
    EXPECT_EQ(numeric_text(from_text(text, "numeric")), text);
  }
  EXPECT_EQ(numeric_text(from_text("1e20", "numeric")), "100000000000000000000");
  EXPECT_EQ(numeric_text(from_text("1.5e-7", "numeric")), "0.00000015");
  EXPECT_EQ(numeric_text(from_text(".5", "numeric")), "0.5");
  EXPECT_EQ(numeric_text(from_text("-inf", "numeric")), "-Infinity");
  EXPECT_EQ(numeric_text(from_text(std::string(140, '7'), "numeric")), std::string(140, '7'));
}

TEST(CopyEncoder, keeps_a_numeric_to_its_precision) {
  EXPECT_EQ(numeric_text(from_text("9999999999.99", "numeric(12,2)")), "9999999999.99");
  EXPECT_EQ(numeric_text(from_text("10.500", "numeric(12,2)")), "10.500");
  EXPECT_EQ(numeric_text(from_text("0000000000010.5", "numeric(12,2)")), "10.5");
  EXPECT_EQ(from_text("10.005", "numeric(12,2)"), "value.out_of_range");
  EXPECT_EQ(from_text("10000000000", "numeric(12,2)"), "value.out_of_range");
  EXPECT_EQ(from_text("Infinity", "numeric(12,2)"), "value.out_of_range");
  EXPECT_EQ(from_text("1.1.1", "numeric"), "value.malformed");
  EXPECT_EQ(from_text(cat("1", std::string(140'000, '0')), "numeric"), "value.out_of_range");
  EXPECT_EQ(from_text("1e-20000", "numeric"), "value.out_of_range");
}

TEST(CopyEncoder, writes_native_decimals_digit_by_digit) {
  const auto scaled = [](std::int64_t value, std::uint8_t scale, const std::string& declared) {
    return from_native<std::int64_t>({TypeId::kDecimal, 18, scale}, value, declared);
  };
  for (std::uint8_t scale = 0; scale <= 18; ++scale) {
    std::string text(19, '0');
    text.replace(19 - 10, 10, "1234567890");
    text.insert(text.size() - scale, scale == 0 ? "" : ".");
    text.erase(0, std::min(text.find_first_not_of('0'), text.find('.') == 0 ? 0 : text.find('.') - 1));
    EXPECT_EQ(numeric_text(scaled(1'234'567'890, scale, "numeric")), text) << int{scale};
  }
  EXPECT_EQ(numeric_text(scaled(-1, 2, "numeric(12,2)")), "-0.01");
  EXPECT_EQ(numeric_text(scaled(0, 4, "numeric(12,4)")), "0.0000");
  EXPECT_EQ(numeric_text(scaled(10'000, 0, "numeric")), "10000");
  EXPECT_EQ(numeric_text(scaled(12'300, 4, "numeric(12,2)")), "1.2300");
  EXPECT_EQ(scaled(12'345, 4, "numeric(12,2)"), "value.out_of_range");
  EXPECT_EQ(scaled(100'000, 2, "numeric(5,2)"), "value.out_of_range");
  const Hugeint most = to_hugeint(
      (Int128{99'999'999'999'999'999} * 1'000'000'000'000'000'000 + Int128{999'999'999'999'999'999}) * 1000 +
      999);
  EXPECT_EQ(numeric_text(from_native<Hugeint>({TypeId::kDecimal, 38, 10}, most, "numeric(38,10)")),
            "9999999999999999999999999999.9999999999");
  EXPECT_EQ(numeric_text(from_native<std::uint64_t>({TypeId::kUint64}, ~std::uint64_t{0}, "numeric(20,0)")),
            "18446744073709551615");
}

TEST(CopyEncoder, writes_floats_that_keep_their_digits) {
  EXPECT_EQ(from_text("0.1", "double precision"), "3fb999999999999a");
  EXPECT_EQ(from_text("-0", "double precision"), "8000000000000000");
  EXPECT_EQ(from_text("5e-324", "double precision"), "0000000000000001");
  EXPECT_EQ(from_text("NaN", "double precision"), "7ff8000000000000");
  EXPECT_EQ(from_text("-Infinity", "double precision"), "fff0000000000000");
  EXPECT_EQ(from_text("0.1", "real"), "3dcccccd");
  EXPECT_EQ(from_text("1e400", "double precision"), "value.out_of_range");
  EXPECT_EQ(from_text("0.10000000000000001", "double precision"), "3fb999999999999a");
  EXPECT_EQ(from_text("0.1000000000000000055511151231257827", "double precision"), "3fb999999999999a");
  EXPECT_EQ(from_text("9007199254740993", "double precision"), "value.out_of_range");
  EXPECT_EQ(from_text("16777217", "real"), "value.out_of_range");
  EXPECT_EQ(from_native<float>({TypeId::kFloat}, 0.5F, "double precision"), "3fe0000000000000");
  EXPECT_EQ(from_native<double>({TypeId::kDouble}, 0.1, "real"), "value.out_of_range");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kInt64}, (std::int64_t{1} << 53) + 1, "double precision"),
            "value.out_of_range");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kInt64}, INT64_MAX, "double precision"), "value.out_of_range");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kInt64}, INT64_MIN, "double precision"), "c3e0000000000000");
}

TEST(CopyEncoder, writes_booleans) {
  for (const std::string_view text : {"true", "TRUE", "t", "T", "1"})
    EXPECT_EQ(from_text(text, "boolean"), "01");
  for (const std::string_view text : {"false", "False", "f", "0"})
    EXPECT_EQ(from_text(text, "boolean"), "00");
  for (const std::string_view text : {"", "2", "yes", "tru"}) {
    EXPECT_EQ(from_text(text, "boolean"), "value.malformed");
  }
  EXPECT_EQ(from_native<std::int8_t>({TypeId::kInt8}, 1, "boolean"), "01");
  EXPECT_EQ(from_native<std::int8_t>({TypeId::kInt8}, 2, "boolean"), "value.out_of_range");
}

TEST(CopyEncoder, writes_dates) {
  EXPECT_EQ(from_text("2000-01-01", "date"), "00000000");
  EXPECT_EQ(from_text("2024-02-29", "date"), "00002279");
  EXPECT_EQ(from_text("1970-01-01", "date"), "ffffd533");
  EXPECT_EQ(from_text("0001-01-01", "date"), "fff4dbf9");
  EXPECT_EQ(from_text("0044-03-15 BC", "date"), "fff49d7b");
  EXPECT_EQ(from_text("4714-11-24 (BC)", "date"), "ffda97a7");
  EXPECT_EQ(from_text("5874897-12-31", "date"), "7fda970c");
  EXPECT_EQ(from_text("infinity", "date"), "7fffffff");
  EXPECT_EQ(from_text("-infinity", "date"), "80000000");
  EXPECT_EQ(from_text("2024-02-29 00:00:00", "date"), "00002279");
  EXPECT_EQ(from_text("2024-02-29 00:00:01", "date"), "value.out_of_range");
  EXPECT_EQ(rounded("1999-12-31 23:00:00", "date"), "ffffffff");
  EXPECT_EQ(from_text("4714-11-23 BC", "date"), "value.out_of_range");
  EXPECT_EQ(from_text("5874898-01-01", "date"), "value.out_of_range");
  for (const std::string_view text :
       {"2023-02-29", "2024-13-01", "0000-00-00", "24-01-01", "2024/01/01", ""}) {
    EXPECT_EQ(from_text(text, "date"), "value.malformed") << text;
  }
  EXPECT_EQ(from_native<std::int32_t>({TypeId::kDate}, INT32_MAX, "date"), "7fffffff");
  EXPECT_EQ(from_native<std::int32_t>({TypeId::kDate}, 10'957, "timestamp without time zone"),
            "0000000000000000");
}

TEST(CopyEncoder, writes_timestamps) {
  const std::string plain = "timestamp without time zone";
  EXPECT_EQ(from_text("2000-01-01 00:00:00", plain), "0000000000000000");
  EXPECT_EQ(from_text("2024-02-29T23:59:59.123456", plain), "0002b58cd3566000");
  EXPECT_EQ(from_text("1999-12-31 23:59:59.999999", plain), "ffffffffffffffff");
  EXPECT_EQ(from_text("4714-11-24 00:00:00 BC", plain), "fd0f7cc1411fa000");
  EXPECT_EQ(from_text("0044-03-15 12:00:00 (BC)", plain), "ff1af9e8fb46d000");
  EXPECT_EQ(from_text("9999-12-31 23:59:59.999999", plain), "0380e70b913b7fff");
  EXPECT_EQ(from_text("infinity", plain), "7fffffffffffffff");
  EXPECT_EQ(from_text("2000-01-01", plain), "0000000000000000");
  EXPECT_EQ(from_text("2000-01-01 00:00:00.000000000", plain), "0000000000000000");
  EXPECT_EQ(from_text("2000-01-01 00:00:00.0000001", plain), "value.out_of_range");
  EXPECT_EQ(from_text("2000-01-01 00:00:00Z", plain), "value.out_of_range");
  EXPECT_EQ(from_text("4714-11-23 23:59:59 BC", plain), "value.out_of_range");
  EXPECT_EQ(from_text("300000-01-01 00:00:00", plain), "value.out_of_range");
  EXPECT_EQ(from_text("2000-01-01 00:00:60", plain), "value.malformed");
  EXPECT_EQ(from_text("2000-01-01 25:00:00", plain), "value.malformed");
  EXPECT_EQ(from_text("2000-01-01 00:00:00.5", "timestamp(0) without time zone"), "value.out_of_range");
  EXPECT_EQ(from_text("2000-01-01 00:00:00.25", "timestamp(2) without time zone"), "000000000003d090");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kTimestamp}, -INT64_MAX, plain), "8000000000000000");
  EXPECT_EQ(from_native<std::int64_t>({TypeId::kTimestampTz}, 0, plain), "value.out_of_range");
}

TEST(CopyEncoder, writes_instants) {
  const std::string zoned = "timestamp with time zone";
  EXPECT_EQ(from_text("2024-02-29 23:59:59+05:30", zoned), "0002b588372877c0");
  EXPECT_EQ(from_text("2024-02-29T23:59:59Z", zoned), "0002b58cd3547dc0");
  EXPECT_EQ(from_text("2024-02-29 23:59:59", zoned), "0002b58cd3547dc0");
  EXPECT_EQ(from_text("2024-02-29 23:59:59 UTC", zoned), "0002b58cd3547dc0");
  EXPECT_EQ(from_text("2024-02-29 23:59:59-0330", zoned), "0002b58fc2593bc0");
  EXPECT_EQ(from_text("2024-02-29 23:59:59+05:30:", zoned), "value.malformed");
  EXPECT_EQ(from_text("2024-02-29 23:59:59 CET", zoned), "value.malformed");
}

TEST(CopyEncoder, writes_times_and_intervals) {
  const std::string time = "time without time zone";
  EXPECT_EQ(from_text("23:59:59.999999", time), "000000141dd75fff");
  EXPECT_EQ(from_text("24:00:00", time), "000000141dd76000");
  EXPECT_EQ(from_text("24:00:01", time), "value.out_of_range");
  EXPECT_EQ(from_text("-01:00:00", time), "value.malformed");
  EXPECT_EQ(from_native<Interval>({TypeId::kInterval}, {0, 0, 1}, time), "0000000000000001");
  EXPECT_EQ(from_native<Interval>({TypeId::kInterval}, {0, 0, -1}, time), "value.out_of_range");
  EXPECT_EQ(from_native<Interval>({TypeId::kInterval}, {0, 1, 0}, time), "value.out_of_range");
  EXPECT_EQ(from_text("1 year 2 mons -3 days +04:05:06.5", "interval"), "000000036c9361a0fffffffd0000000e");
  EXPECT_EQ(from_text("-838:59:59", "interval"), "fffffd40c230c6400000000000000000");
  EXPECT_EQ(from_text("1 day", "interval"), "00000000000000000000000100000000");
  EXPECT_EQ(from_text("-1 days +02:03:00", "interval"), "00000001b7e1dd00ffffffff00000000");
  EXPECT_EQ(from_text("2 weeks 5 seconds", "interval"), "00000000004c4b400000000e00000000");
  EXPECT_EQ(from_text("3000000000:00:00", "interval"), "value.out_of_range");
  EXPECT_EQ(from_text("3000000000 days", "interval"), "value.out_of_range");
  for (const std::string_view text : {"", "day", "1 fortnight", "1:2", "1 day ago"}) {
    EXPECT_EQ(from_text(text, "interval"), "value.malformed") << text;
  }
}

TEST(CopyEncoder, writes_uuids_and_bytes) {
  EXPECT_EQ(from_text("6BA67F88-e7b1-11f1-8629-02fc00000001", "uuid"), "6ba67f88e7b111f1862902fc00000001");
  EXPECT_EQ(from_text("6ba67f88e7b111f1862902fc00000001", "uuid"), "6ba67f88e7b111f1862902fc00000001");
  EXPECT_EQ(from_text("6ba67f88-e7b1-11f1-8629-02fc0000000", "uuid"), "value.malformed");
  EXPECT_EQ(from_text("\\x00fF10", "bytea"), "00ff10");
  EXPECT_EQ(from_text("\\x0", "bytea"), "value.malformed");
  EXPECT_EQ(from_text("abc", "bytea"), "value.malformed");
  Cell bytes(native_column({TypeId::kBytes}), "bytea");
  EXPECT_EQ(bytes(std::string_view("\0\xff", 2)), "00ff");
  EXPECT_EQ(bytes(""), "");
}

TEST(CopyEncoder, writes_texts_within_their_length) {
  EXPECT_EQ(from_text("ab", "text"), "6162");
  EXPECT_EQ(from_text("", "text"), "");
  EXPECT_EQ(from_text(" a ", "character varying(3)"), "206120");
  EXPECT_EQ(from_text("ř🐎", "character varying(2)"), "c599f09f908e");
  EXPECT_EQ(from_text("ř🐎x", "character varying(2)"), "value.too_long");
  EXPECT_EQ(from_text("abc ", "character(3)"), "value.too_long");
  EXPECT_EQ(from_text(std::string_view("a\0b", 3), "text"), "value.nul_byte");
  EXPECT_EQ(from_text("{\"a\":1}", "jsonb"), "017b2261223a317d");
  EXPECT_EQ(from_text("{\"a\":1}", "json"), "7b2261223a317d");
  EXPECT_EQ(Cell(native_column({TypeId::kBytes}), "text")("\xff"), "value.invalid_utf8");
  EXPECT_EQ(Cell(native_column({TypeId::kBytes}), "text")("a"), "61");
  EXPECT_EQ(from_native<std::int32_t>({TypeId::kInt32}, -5, "text"), "2d35");
}

TEST(CopyEncoder, uses_the_text_format_where_only_the_server_reads_a_type) {
  EXPECT_EQ(from_text("{1,2}", "integer[]"), "{1,2}");
  EXPECT_EQ(from_text("a\tb\\c\nd\re", "inet"), "a\\tb\\\\c\\nd\\re");
  const Schema schema{text_column("a"), text_column("b"), native_column({TypeId::kBytes})};
  BatchBuilder builder(schema);
  builder.append_text(0, "10.0.0.1");
  builder.append_text(1, "1.20e1");
  builder.append_text(2, "\xff\x01");
  builder.end_row();
  for (std::size_t column = 0; column < schema.size(); ++column) builder.append_null(column);
  builder.end_row();
  const TableMatch match = match_of({"inet", "integer", "bytea"});
  NotedRows refused;
  CopyBuffer out;
  CopyEncoder encoder(schema, match, {}, 7);
  EXPECT_EQ(encoder.encode(builder.finish(), 0, 2, refused, out), 2U);
  EXPECT_EQ(out.view(), "10.0.0.1\t12\t\\\\xff01\t7\n\\N\t\\N\t\\N\t8\n");
}

TEST(CopyEncoder, prints_times_of_the_text_format_as_the_server_reads_them) {
  const Schema schema{text_column("a"), text_column("b")};
  for (const auto& [text, type, wanted] : std::vector<std::array<std::string, 3>>{
           {"0044-03-15 BC", "date", "0044-03-15 BC"},
           {"2024-02-29 23:59:59+02", "timestamp with time zone", "2024-02-29 21:59:59+00:00"},
           {"1 day 02:00:00", "interval", "1 day 02:00:00"},
           {"1.50", "numeric(12,2)", "1.50"},
           {"1", "boolean", "t"},
           {"1e2", "double precision", "100"}}) {
    BatchBuilder builder(schema);
    builder.append_text(0, "{}");
    builder.append_text(1, text);
    builder.end_row();
    NotedRows refused;
    CopyBuffer out;
    CopyEncoder encoder(schema, match_of({"integer[]", type}), {}, std::nullopt);
    encoder.encode(builder.finish(), 0, 1, refused, out);
    EXPECT_EQ(out.view(), cat("{}\t", wanted, "\n"));
  }
}

TEST(CopyEncoder, leaves_refused_rows_out_whole) {
  const Schema schema{text_column("a"), text_column("b")};
  BatchBuilder builder(schema);
  for (const std::string_view value : {"1", "x", "3"}) {
    builder.append_text(0, "k");
    builder.append_text(1, value);
    builder.end_row();
  }
  NotedRows refused;
  CopyBuffer out;
  CopyEncoder encoder(schema, match_of({"text", "smallint"}), {}, 40);
  EXPECT_EQ(encoder.encode(builder.finish(), 0, 3, refused, out), 2U);
  const auto row = [](std::string_view value, std::string_view number) {
    return cat("0003", "000000016b", "00000002", value, "00000008", "00000000000000", number);
  };
  EXPECT_EQ(to_hex(out.view()), row("0001", "28") + row("0003", "29"));
  EXPECT_EQ(refused.rows, std::vector<std::string>{"1:1: value.malformed"});
}

TEST(CopyEncoder, says_what_does_not_fit_where) {
  Cell cell(text_column("amount"), "numeric(4,2)");
  EXPECT_EQ(cell("10.005"), "value.out_of_range");
  EXPECT_EQ(cell.message(), "column 'amount', numeric(4,2), would lose a part of it: '10.005'");
  Cell long_text(text_column("name"), "character varying(3)");
  EXPECT_EQ(long_text(std::string(100, 'a')), "value.too_long");
  EXPECT_EQ(long_text.message(),
            cat("column 'name', character varying(3), is too short for it: '", std::string(80, 'a'), "…'"));
}

TEST(RelayCheck, admits_rows_of_the_same_types_with_room) {
  const Schema schema{text_column("a"), text_column("b")};
  const RelayCheck relay(schema, match_of({"numeric", "character varying(20)"}));
  EXPECT_TRUE(relay.admits("postgres copy binary: 1700:786438,1043:24"));
  EXPECT_TRUE(relay.admits("postgres copy binary: 1700:-1,1043:24"));
  EXPECT_FALSE(relay.admits("postgres copy binary: 1700:-1,1043:25"));
  EXPECT_FALSE(relay.admits("postgres copy binary: 1700:-1,1043:-1"));
  EXPECT_FALSE(relay.admits("postgres copy binary: 1700:-1,25:24"));
  EXPECT_FALSE(relay.admits("postgres copy binary: 1700:-1"));
  EXPECT_FALSE(relay.admits("postgres copy binary: 1700:-1,1043:24,25:-1"));
  EXPECT_FALSE(relay.admits("mysql text: 1700:-1,1043:24"));
  EXPECT_FALSE(RelayCheck(schema, match_of({"numeric"})).admits("postgres copy binary: 1700:-1"));
  EXPECT_FALSE(RelayCheck(schema, match_of({"text", "inet"})).admits("postgres copy binary: 25:-1,869:-1"));
}

TEST(RelayCheck, tells_from_the_source_types_what_could_be_relayed) {
  Schema schema{text_column("a"), text_column("b")};
  schema[0].source_type = "postgres numeric(12,2)";
  schema[1].source_type = "postgres character varying(20)";
  EXPECT_TRUE(RelayCheck(schema, match_of({"numeric", "character varying(20)"})).admits(schema));
  EXPECT_FALSE(RelayCheck(schema, match_of({"numeric(12,3)", "character varying(20)"})).admits(schema));
  schema[1].source_type = "mysql varchar(20)";
  EXPECT_FALSE(RelayCheck(schema, match_of({"numeric", "character varying(20)"})).admits(schema));
}

TEST(ServerType, reads_declared_types) {
  EXPECT_EQ(declared_column("c", "numeric(12,2)").type, (LogicalType{TypeId::kDecimal, 12, 2}));
  EXPECT_EQ(declared_column("c", "numeric(12,2)").type_modifier, 786438);
  EXPECT_EQ(declared_column("c", "character varying(20)").most_characters, 20U);
  EXPECT_EQ(declared_column("c", "timestamp(3) without time zone").fraction_digits, 3);
  EXPECT_EQ(declared_column("c", "interval(2)").fraction_digits, 2);
  EXPECT_EQ(declared_column("c", "integer[]").type_number, 1007U);
  EXPECT_EQ(find_server_type("mood"), nullptr);
  EXPECT_EQ(numeric_bounds(declared_column("c", "numeric(3,-2)").type_modifier).scale, -2);
}

TEST(ColumnFor, makes_a_column_that_takes_every_value) {
  ColumnType source = native_column({TypeId::kDecimal, 20, 4});
  source.source_type = "mysql decimal(20,4)";
  source.nullable = false;
  EXPECT_EQ(column_for(source, false).declared, "numeric(20,4)");
  EXPECT_FALSE(column_for(source, false).is_nullable);
  source.nullable = true;
  EXPECT_TRUE(column_for(source, false).is_nullable);
  EXPECT_FALSE(column_for(source, true).is_nullable);
  source.source_type = "postgres timestamp(3) without time zone";
  EXPECT_EQ(column_for(source, false).declared, "timestamp(3) without time zone");
  source.source_type = "postgres mood";
  EXPECT_EQ(column_for(source, false).declared, "numeric(20,4)");
  for (const TypeId id :
       {TypeId::kBoolean,     TypeId::kInt8,     TypeId::kInt16,  TypeId::kInt32,  TypeId::kInt64,
        TypeId::kUint8,       TypeId::kUint16,   TypeId::kUint32, TypeId::kUint64, TypeId::kHugeint,
        TypeId::kFloat,       TypeId::kDouble,   TypeId::kDate,   TypeId::kTime,   TypeId::kTimestamp,
        TypeId::kTimestampTz, TypeId::kInterval, TypeId::kText,   TypeId::kJson,   TypeId::kBytes,
        TypeId::kUuid}) {
    const ColumnType any = native_column({id});
    EXPECT_NE(judge(any, column_for(any, false)).verdict, Verdict::kLossy) << to_string(any.type);
  }
}

/// The cells between the pipes, without blanks and back quotes.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (const std::string& part : split(std::string_view(line).substr(1), '|')) {
    std::string_view cell = trim(part);
    if (cell.starts_with('`')) cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
  }
  return cells;
}

LogicalType type_named(const std::string& name) {
  for (int id = 0; id <= static_cast<int>(TypeId::kUuid); ++id) {
    LogicalType type{static_cast<TypeId>(id)};
    if (type.id == TypeId::kDecimal && name.starts_with("decimal(")) {
      const auto numbers = split(std::string_view(name).substr(8), ',');
      type.precision = static_cast<std::uint8_t>(std::stoi(numbers[0]));
      type.scale = static_cast<std::uint8_t>(std::stoi(numbers[1]));
    }
    if (to_string(type) == name) return type;
  }
  throw Error(ErrorKind::kInternal, "test.type", cat("no type has this name: '", name, "'"));
}

TEST(Verdicts, are_those_of_the_page) {
  std::ifstream page(components_folder() / "postgres/WRITE_TYPES.md");
  std::string line;
  int pairs = 0;
  while (std::getline(page, line)) {
    if (!line.starts_with("| `")) continue;
    const auto cells = cells_of(line);
    ColumnType source = native_column(type_named(cells[1]));
    if (cells[0] != "-") source.source_type = cells[0];
    const Judgement judgement = judge(source, declared_column("c", cells[2]));
    EXPECT_EQ(to_string(judgement.verdict), cells[3]) << line;
    EXPECT_EQ(judgement.reason, cells[4]) << line;
    ++pairs;
  }
  EXPECT_GT(pairs, 80);
}

}  // namespace
}  // namespace osiris::postgres
