#include "table/values.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"

namespace osiris {
namespace {

ColumnType column_of(TypeId id, PrintStyle style = {}, std::uint8_t precision = 0, std::uint8_t scale = 0) {
  ColumnType type;
  type.name = "c";
  type.type = {id, precision, scale};
  type.style = style;
  return type;
}

template <typename T>
std::string printed(T value, const ColumnType& type) {
  std::string text;
  append_value_text(text, {nullptr, &value}, 0, type);
  return text;
}

/// The text after a way through the native form, or the error's code.
std::string decoded(std::string_view text, ColumnType type) {
  type.encoding = Encoding::kText;
  const StringRef source(text);
  try {
    const NativeColumn native({nullptr, &source}, 1, type);
    type.encoding = Encoding::kNative;
    std::string out;
    append_value_text(out, native.view(), 0, type);
    return out;
  } catch (const Error& error) {
    return error.code();
  }
}

/// Expects that texts come back as they are, printed as `type` says.
void expect_exact(const ColumnType& type, std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_EQ(decoded(text, type), text);
}

void expect_code(const ColumnType& type, const std::string& code, std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_EQ(decoded(text, type), code) << text;
}

constexpr const char* kMalformed = "value.malformed";
constexpr const char* kOutOfRange = "value.out_of_range";

TEST(Values, integers_are_exact_up_to_their_ends) {
  expect_exact(column_of(TypeId::kInt8), {"-128", "127", "0", "-1"});
  expect_exact(column_of(TypeId::kInt16), {"-32768", "32767"});
  expect_exact(column_of(TypeId::kInt32), {"-2147483648", "2147483647"});
  expect_exact(column_of(TypeId::kInt64),
               {"-9223372036854775808", "9223372036854775807", "9007199254740993"});
  expect_exact(column_of(TypeId::kUint8), {"0", "255"});
  expect_exact(column_of(TypeId::kUint16), {"65535"});
  expect_exact(column_of(TypeId::kUint32), {"4294967295"});
  expect_exact(column_of(TypeId::kUint64), {"18446744073709551615"});
  expect_exact(column_of(TypeId::kHugeint),
               {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727",
                "10000000000000000000", "9999999999999999999", "100000000000000000000000000000000000000"});
  expect_code(column_of(TypeId::kInt8), kOutOfRange, {"128", "-129", "99999999999999999999999"});
  expect_code(column_of(TypeId::kInt64), kOutOfRange, {"9223372036854775808", "-9223372036854775809"});
  expect_code(column_of(TypeId::kUint64), kOutOfRange,
              {"18446744073709551616", "-1", "184467440737095516150"});
  expect_code(column_of(TypeId::kHugeint), kOutOfRange,
              {"170141183460469231731687303715884105728", "999999999999999999999999999999999999999"});
  expect_code(column_of(TypeId::kInt32), kMalformed, {"", "-", "+1", "1.0", " 1", "1 ", "0x1", "--1"});
}

TEST(Values, zeros_fill_integers_and_decimals) {
  expect_exact(column_of(TypeId::kUint32, {.zero_pad_width = 10}), {"0000000042", "4294967295"});
  expect_exact(column_of(TypeId::kDecimal, {.zero_pad_width = 10}, 10, 2), {"00000012.50", "00000000.00"});
  EXPECT_EQ(printed(std::int32_t{-5}, column_of(TypeId::kInt32, {.zero_pad_width = 3})), "-005");
  EXPECT_EQ(printed(std::uint8_t{7}, column_of(TypeId::kUint8, {.zero_pad_width = 255})).size(), 255U);
}

TEST(Values, decimals_of_all_four_widths_are_exact) {
  expect_exact(column_of(TypeId::kDecimal, {}, 4, 2), {"99.99", "-99.99", "0.00", "-0.50", "1.10"});
  expect_exact(column_of(TypeId::kDecimal, {}, 9, 0), {"999999999", "-999999999"});
  expect_exact(column_of(TypeId::kDecimal, {}, 18, 18), {"0.999999999999999999", "-0.000000000000000001"});
  expect_exact(column_of(TypeId::kDecimal, {}, 38, 18),
               {"12345678901234567890.000000000000000001", "-99999999999999999999.999999999999999999",
                "0.123456789012345678"});
  expect_exact(column_of(TypeId::kDecimal, {}, 38, 38), {"0.99999999999999999999999999999999999999"});
  const ColumnType type = column_of(TypeId::kDecimal, {}, 4, 2);
  EXPECT_EQ(decoded("7", type), "7.00");
  EXPECT_EQ(decoded("00007.5", type), "7.50");
  EXPECT_EQ(decoded("-7.12000", type), "-7.12");
  expect_code(type, kOutOfRange, {"100", "-100.00", "1.001", "99999999999999999999999999999999999999999"});
  expect_code(type, kMalformed, {"", ".", "-", "1e5", "1,5", "1.2.3", "1.5x"});
}

TEST(Values, floats_have_the_fewest_digits_that_read_back_the_same) {
  const ColumnType type = column_of(TypeId::kDouble);
  expect_exact(type, {"0.1", "-0", "1", "100000", "1e+20", "1e-05", "0.0001", "1.7976931348623157e+308",
                      "5e-324", "123456789012345.6", "nan", "inf", "-inf", "1234567890123456"});
  expect_exact(column_of(TypeId::kFloat), {"0.1", "16777216", "3.4028235e+38", "1e-45"});
  expect_code(type, kMalformed, {"", "x", "1.5x", "+1", "1,5"});
  expect_code(type, kOutOfRange, {"1e999"});
}

TEST(Values, bare_exponents_are_those_of_the_server) {
  const ColumnType type = column_of(TypeId::kDouble, {.bare_exponent = true});
  EXPECT_EQ(printed(1e15, type), "1e15");
  EXPECT_EQ(printed(1e14, type), "100000000000000");
  EXPECT_EQ(printed(123456789012345.6, type), "123456789012345.6");
  EXPECT_EQ(printed(1.5e-16, type), "1.5e-16");
  EXPECT_EQ(printed(1e-16, type), "1e-16");
  EXPECT_EQ(printed(1e-15, type), "0.000000000000001");
  EXPECT_EQ(printed(-1.7976931348623157e308, type), "-1.7976931348623157e308");
  EXPECT_EQ(printed(1e300, type), "1e300");
  EXPECT_EQ(printed(0.1, type), "0.1");
  EXPECT_EQ(printed(1e10, type), "10000000000");
}

TEST(Values, booleans_are_words) {
  const ColumnType type = column_of(TypeId::kBoolean);
  EXPECT_EQ(decoded("1", type), "true");
  EXPECT_EQ(decoded("0", type), "false");
  expect_exact(type, {"true", "false"});
  expect_code(type, kMalformed, {"", "2", "TRUE", "yes"});
}

TEST(Values, dates_exist_or_are_refused) {
  const ColumnType type = column_of(TypeId::kDate);
  expect_exact(type, {"1970-01-01", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "1582-10-10"});
  expect_code(type, kMalformed,
              {"0000-00-00", "2024-00-10", "2024-10-00", "2023-02-29", "1900-02-29", "2024-13-01",
               "2024-04-31", "2024-1-1", "20240101", "2024-01-01 ", "", "2024/01/01"});
  EXPECT_EQ(printed(std::int32_t{-719'528}, type), "0001-01-01 (BC)");
  EXPECT_EQ(printed(std::int32_t{2'932'897}, type), "10000-01-01");
  EXPECT_EQ(printed(std::numeric_limits<std::int32_t>::max(), type), "infinity");
  EXPECT_EQ(printed(-std::numeric_limits<std::int32_t>::max(), type), "-infinity");
}

TEST(Values, days_count_from_1970_through_every_month_of_800_years) {
  std::int64_t expected = days_from_civil(1600, 1, 1);
  EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
  for (int year = 1600; year < 2400; ++year) {
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (unsigned month = 1; month <= 12; ++month) {
      ASSERT_EQ(days_from_civil(year, month, 1), expected);
      const bool is_short = month == 4 || month == 6 || month == 9 || month == 11;
      expected += month == 2 ? (is_leap ? 29 : 28) : is_short ? 30 : 31;
    }
  }
}

TEST(Values, times_have_as_many_decimals_as_the_style_says) {
  expect_exact(column_of(TypeId::kTime), {"00:00:00", "23:59:59.5", "24:00:00", "23:59:59.000001"});
  expect_exact(column_of(TypeId::kTime, {.fraction_digits = 6}), {"23:59:59.500000", "00:00:00.000000"});
  EXPECT_EQ(decoded("23:59:59.987654", column_of(TypeId::kTime, {.fraction_digits = 2})), "23:59:59.98");
  EXPECT_EQ(decoded("23:59:59.98", column_of(TypeId::kTime, {.fraction_digits = 0})), "23:59:59");
  EXPECT_EQ(decoded("23:59:59.1230000", column_of(TypeId::kTime)), "23:59:59.123");
  expect_code(column_of(TypeId::kTime), kOutOfRange, {"24:00:00.000001", "25:00:00"});
  expect_code(column_of(TypeId::kTime), kMalformed,
              {"", "1:00:00", "00:60:00", "00:00:60", "00:00", "00:00:00.", "00:00:00.1234567", "-01:00:00"});
}

TEST(Values, timestamps_are_exact_to_the_microsecond) {
  const ColumnType type = column_of(TypeId::kTimestamp);
  expect_exact(type, {"2024-02-29 23:59:59.123456", "1969-12-31 23:59:59.999999",
                      "1000-01-01 00:00:00.000001", "9999-12-31 23:59:59", "1970-01-01 00:00:00"});
  expect_exact(column_of(TypeId::kTimestamp, {.fraction_digits = 6}), {"2024-01-01 00:00:00.000000"});
  EXPECT_EQ(decoded("2024-01-01T01:02:03", type), "2024-01-01 01:02:03");
  expect_code(type, kMalformed,
              {"0000-00-00 00:00:00", "2024-01-01", "2024-01-01 24:00:00", "2024-01-01 00:00:00Z",
               "2024-01-01 00:00:00+00:00", "2024-01-01_00:00:00"});
  EXPECT_EQ(printed(std::numeric_limits<std::int64_t>::max(), type), "infinity");
  EXPECT_EQ(printed(std::int64_t{-62'167'219'200'000'000}, type), "0001-01-01 00:00:00 (BC)");
}

TEST(Values, zoned_timestamps_are_instants) {
  const ColumnType type = column_of(TypeId::kTimestampTz);
  EXPECT_EQ(decoded("2024-01-01 00:00:00", type), "2024-01-01 00:00:00+00:00");
  EXPECT_EQ(decoded("2024-01-01T00:00:00Z", type), "2024-01-01 00:00:00+00:00");
  EXPECT_EQ(decoded("2024-01-01 00:00:00+00:00", type), "2024-01-01 00:00:00+00:00");
  EXPECT_EQ(decoded("2024-01-01 00:00:00+05:30", type), "2023-12-31 18:30:00+00:00");
  EXPECT_EQ(decoded("2024-01-01 00:00:00.5-08", type), "2024-01-01 08:00:00.5+00:00");
  expect_exact(column_of(TypeId::kTimestampTz, {.hide_zone = true}), {"2024-01-01 00:00:00"});
  expect_code(type, kMalformed, {"2024-01-01 00:00:00+", "2024-01-01 00:00:00 UTC", "2024-01-01 00:00:00Z0"});
}

TEST(Values, intervals_cover_the_servers_times) {
  expect_exact(column_of(TypeId::kInterval), {"838:59:59", "-838:59:59", "00:00:00", "-00:00:00.5"});
  expect_exact(column_of(TypeId::kInterval, {.fraction_digits = 6}),
               {"-12:34:56.789000", "838:59:59.000000"});
  expect_code(column_of(TypeId::kInterval), kMalformed, {"", "-", "12:34", "12:60:00", "1 day"});
  expect_code(column_of(TypeId::kInterval), kOutOfRange, {"99999999999:00:00"});
  const ColumnType type = column_of(TypeId::kInterval);
  EXPECT_EQ(printed(Interval{1, 2, 11'045'500'000}, type), "1 month 2 days 03:04:05.5");
  EXPECT_EQ(printed(Interval{-26, 1, 0}, type), "-2 years -2 months 1 day");
  EXPECT_EQ(printed(Interval{0, 3, -1}, type), "3 days -00:00:00.000001");
  EXPECT_LT(
      printed(Interval{std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int64_t>::min()},
              type)
          .size(),
      kMaxPrintedBytes);
}

TEST(Values, uuids_are_lower_case_with_dashes) {
  const ColumnType type = column_of(TypeId::kUuid);
  expect_exact(type, {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                      "01234567-89ab-cdef-0123-456789abcdef"});
  EXPECT_EQ(decoded("ABCDEF01-89AB-CDEF-0123-456789ABCDEF", type), "abcdef01-89ab-cdef-0123-456789abcdef");
  expect_code(type, kMalformed,
              {"", "0123456789abcdef0123456789abcdef", "g1234567-89ab-cdef-0123-456789abcdef",
               "01234567-89ab-cdef-0123-456789abcde-"});
  EXPECT_EQ(printed(Hugeint{1, std::numeric_limits<std::int64_t>::min()}, type),
            "00000000-0000-0000-0000-000000000001");
}

TEST(Values, texts_and_source_texts_are_copied) {
  const StringRef text(std::string_view("12:00, \"noon\"\0", 14));
  EXPECT_EQ(printed(text, column_of(TypeId::kText)), std::string_view("12:00, \"noon\"\0", 14));
  ColumnType type = column_of(TypeId::kTime);
  type.encoding = Encoding::kText;
  EXPECT_EQ(printed(StringRef("24:61:61"), type), "24:61:61");
}

TEST(NativeColumn, keeps_nulls_and_survives_a_move) {
  const std::uint64_t validity = 0b101;
  const StringRef texts[] = {StringRef("1"), StringRef("not a number"), StringRef("3")};
  ColumnType type = column_of(TypeId::kInt64);
  type.encoding = Encoding::kText;
  std::vector<NativeColumn> columns;
  for (int copy = 0; copy < 3; ++copy) columns.emplace_back(ColumnView{&validity, texts}, 3, type);
  for (const NativeColumn& column : columns) {
    EXPECT_TRUE(column.view().is_valid(0));
    EXPECT_FALSE(column.view().is_valid(1));
    EXPECT_EQ(column.view().as<std::int64_t>()[0], 1);
    EXPECT_EQ(column.view().as<std::int64_t>()[2], 3);
  }
}

TEST(ParseNative, reads_one_value_and_says_why_it_is_none) {
  std::int64_t value = 7;
  EXPECT_EQ(parse_native("-5", {TypeId::kInt64}, &value), Parsed::kExact);
  EXPECT_EQ(value, -5);
  EXPECT_EQ(parse_native("9223372036854775808", {TypeId::kInt64}, &value), Parsed::kOutOfRange);
  EXPECT_EQ(parse_native("5.0", {TypeId::kInt64}, &value), Parsed::kMalformed);
  EXPECT_EQ(value, -5) << "left alone by what is none";
  EXPECT_EQ(parse_native("1.25", {TypeId::kDecimal, 18, 4}, &value), Parsed::kExact);
  EXPECT_EQ(value, 12'500);
}

TEST(NativeColumn, names_the_column_and_the_row_of_a_bad_value) {
  const StringRef texts[] = {StringRef("1"), StringRef("x")};
  ColumnType type = column_of(TypeId::kInt8);
  type.name = "size";
  try {
    const NativeColumn column({nullptr, texts}, 2, type);
    FAIL() << "a word is no number";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_EQ(error.message(), "column 'size', row 2 of the batch: not a value of type tinyint: 'x'");
  }
}

}  // namespace
}  // namespace osiris
