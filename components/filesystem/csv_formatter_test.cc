#include "filesystem/csv_formatter.h"

#include <gtest/gtest.h>

#include "table/batch.h"

namespace osiris::filesystem {
namespace {

Schema one_column(TypeId id, Encoding encoding = Encoding::kNative) {
  Schema schema(1);
  schema[0].name = "c";
  schema[0].type.id = id;
  schema[0].encoding = encoding;
  return schema;
}

std::string formatted(const Schema& schema, const CsvStyle& style, const Batch& batch) {
  CsvFormatter formatter(schema, style);
  OutputBuffer out;
  formatter.append_rows(out, batch, 0, batch.row_count());
  return std::string(out.view());
}

/// One value of a string column, without its line feed.
std::string field(std::string_view text, const CsvStyle& style = {},
                  const Schema& schema = one_column(TypeId::kText)) {
  BatchBuilder builder(schema);
  builder.append_text(0, text);
  builder.end_row();
  const std::string line = formatted(schema, style, builder.finish());
  EXPECT_EQ(line.back(), '\n');
  return line.substr(0, line.size() - 1);
}

std::string null_field(const CsvStyle& style) {
  const Schema schema = one_column(TypeId::kText);
  BatchBuilder builder(schema);
  builder.append_null(0);
  builder.end_row();
  return formatted(schema, style, builder.finish());
}

TEST(CsvFormatter, quotes_a_special_character_at_every_place_of_every_length) {
  for (std::size_t size = 1; size <= 70; ++size) {
    const std::string plain(size, 'x');
    ASSERT_EQ(field(plain), plain);
    for (std::size_t at = 0; at < size; ++at) {
      for (const char special : {',', '\n', '\r', '"'}) {
        std::string text = plain;
        text[at] = special;
        std::string expected = text;
        if (special == '"') expected.insert(at, 1, '"');
        ASSERT_EQ(field(text), "\"" + expected + "\"") << size << " " << at;
      }
    }
  }
}

TEST(CsvFormatter, doubles_any_mix_of_quotes) {
  for (unsigned bits = 0; bits < 4096; bits += 7) {
    std::string text = "a,", expected = "\"a,";
    for (unsigned copy = 0; copy < 4; ++copy) {
      for (unsigned bit = 0; bit < 12; ++bit) {
        const bool is_quote = (bits >> bit & 1U) != 0;
        text += is_quote ? "\"" : "b";
        expected += is_quote ? "\"\"" : "b";
      }
    }
    ASSERT_EQ(field(text), expected + "\"");
  }
}

TEST(CsvFormatter, tells_null_from_the_empty_text_and_from_its_own_word) {
  CsvStyle style;
  EXPECT_EQ(null_field(style), "\n");
  EXPECT_EQ(field("", style), "\"\"");
  style.null_value = "NULL";
  EXPECT_EQ(null_field(style), "NULL\n");
  EXPECT_EQ(field("NULL", style), "\"NULL\"");
  EXPECT_EQ(field("", style), "\"\"");
  style.null_value = "a rather long word for null";
  EXPECT_EQ(field(style.null_value, style), "\"a rather long word for null\"");
  style.null_value = "-1";
  EXPECT_EQ(field("-1", style, one_column(TypeId::kInt64, Encoding::kText)), "\"-1\"");
  EXPECT_EQ(field("-2", style, one_column(TypeId::kInt64, Encoding::kText)), "-2");
}

TEST(CsvFormatter, copies_values_of_plain_types_of_any_length) {
  const Schema schema = one_column(TypeId::kDecimal, Encoding::kText);
  for (std::size_t size = 1; size <= 70; ++size) {
    const std::string digits = std::string(
                                   "12345678901234567890123456789012345678901234567890"
                                   "12345678901234567890")
                                   .substr(0, size);
    EXPECT_EQ(field(digits, {}, schema), digits);
  }
}

TEST(CsvFormatter, quotes_plain_types_where_the_delimiter_is_part_of_them) {
  const CsvStyle style{.dialect = {'.', '"'}};
  EXPECT_EQ(field("1.5", style, one_column(TypeId::kDecimal, Encoding::kText)), "\"1.5\"");
  Schema schema = one_column(TypeId::kDouble);
  BatchBuilder builder(schema);
  builder.append(0, 2.5);
  builder.end_row();
  EXPECT_EQ(formatted(schema, style, builder.finish()), "\"2.5\"\n");
}

TEST(CsvFormatter, follows_the_quote_policy) {
  Schema schema(3);
  schema[0].name = "a";
  schema[0].type.id = TypeId::kInt32;
  schema[1].name = "b";
  schema[2].name = "d";
  schema[2].type.id = TypeId::kDate;
  const auto text_of = [&](CsvQuoting quoting) {
    CsvFormatter formatter(schema, {.quoting = quoting});
    OutputBuffer out;
    formatter.append_header(out);
    BatchBuilder builder(schema);
    builder.append(0, std::int32_t{-7});
    builder.append_text(1, "x");
    builder.append(2, std::int32_t{0});
    builder.end_row();
    for (std::size_t column = 0; column < 3; ++column) builder.append_null(column);
    builder.end_row();
    const Batch batch = builder.finish();
    formatter.append_rows(out, batch, 0, batch.row_count());
    return std::string(out.view());
  };
  EXPECT_EQ(text_of(CsvQuoting::kMinimal), "a,b,d\n-7,x,1970-01-01\n,,\n");
  EXPECT_EQ(text_of(CsvQuoting::kAll), "\"a\",\"b\",\"d\"\n\"-7\",\"x\",\"1970-01-01\"\n,,\n");
  EXPECT_EQ(text_of(CsvQuoting::kNonnumeric), "\"a\",\"b\",\"d\"\n-7,\"x\",\"1970-01-01\"\n,,\n");
}

TEST(CsvFormatter, writes_bytes_as_hex_or_base64) {
  const Schema schema = one_column(TypeId::kBytes);
  std::string every_byte, expected;
  for (int byte = 0; byte < 256; ++byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    every_byte += static_cast<char>(byte);
    expected += kDigits[static_cast<std::size_t>(byte) / 16];
    expected += kDigits[static_cast<std::size_t>(byte) % 16];
  }
  EXPECT_EQ(field(every_byte, {}, schema), expected);
  for (std::size_t size = 1; size < 9; ++size) {
    EXPECT_EQ(field(every_byte.substr(200, size), {}, schema), expected.substr(400, 2 * size));
  }
  EXPECT_EQ(field("", {}, schema), "\"\"");
  EXPECT_EQ(field("\xFF\xFE", {.binary = CsvBinary::kBase64}, schema), "//4=");
  EXPECT_EQ(field("\xFF", {.quoting = CsvQuoting::kAll}, schema), "\"ff\"");
}

TEST(CsvFormatter, makes_room_for_large_values_between_short_ones) {
  Schema schema(3);
  BatchBuilder builder(schema);
  std::string expected;
  for (std::size_t size = 1; size < 400'000; size = size * 3 + 1) {
    const std::string quotes(size, '"');
    builder.append_text(0, "first");
    builder.append_text(1, quotes);
    builder.append_text(2, "last");
    builder.end_row();
    expected += "first,\"" + quotes + quotes + "\",last\n";
  }
  EXPECT_EQ(formatted(schema, {}, builder.finish()), expected);
}

TEST(CsvFormatter, quotes_a_byte_order_mark_that_would_begin_the_file) {
  const std::string marked = std::string(kByteOrderMark) + "x";
  Schema schema = one_column(TypeId::kText);
  schema[0].name = marked;
  CsvFormatter formatter(schema, {});
  OutputBuffer out;
  formatter.append_header(out);
  EXPECT_EQ(out.view(), "\"" + marked + "\"\n");
  EXPECT_EQ(field(marked), "\"" + marked + "\"");
}

}  // namespace
}  // namespace osiris::filesystem
