#include "filesystem/date_format.h"

#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris::filesystem {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::optional<std::int64_t> parsed(const char* format, const char* text, TypeId type = TypeId::kTimestamp) {
  return DateFormat(format, type).parse(text);
}

TEST(DateFormat, reads_what_is_written_so) {
  EXPECT_EQ(parsed("%d.%m.%Y", "2.1.1970", TypeId::kDate), kDay);
  EXPECT_EQ(parsed("%d. %b %y", "02. Jan 70", TypeId::kDate), kDay);
  EXPECT_EQ(parsed("%B %d, %Y", "december 31, 1969", TypeId::kDate), -kDay);
  EXPECT_EQ(parsed("%Y-%m-%d %H:%M:%S.%f", "1970-01-01 00:00:01.25"), kSecond * 5 / 4);
  EXPECT_EQ(parsed("%d/%m/%Y %I:%M %p", "1/1/1970 12:01 AM"), 60 * kSecond);
  EXPECT_EQ(parsed("%d/%m/%Y %I:%M %p", "1/1/1970 12:00 pm"), kDay / 2);
  EXPECT_EQ(parsed("%Y-%m-%d %H:%M%z", "1970-01-01 02:00+02:00", TypeId::kTimestampTz), 0);
  EXPECT_EQ(parsed("%H:%M", "1:02", TypeId::kTime), 62 * 60 * kSecond);
  EXPECT_EQ(parsed("%d%%%m%%%Y", "01%01%1970", TypeId::kDate), 0);
}

TEST(DateFormat, refuses_what_is_written_otherwise_or_is_no_day) {
  for (const char* text :
       {"", "1.1.70", "1.1.1970 ", "31.4.2026", "29.2.2025", "0.1.2026", "1.13.2026", "1/1/2026"}) {
    EXPECT_FALSE(parsed("%d.%m.%Y", text, TypeId::kDate)) << text;
  }
  EXPECT_TRUE(parsed("%d.%m.%Y", "29.2.2024", TypeId::kDate));
  for (const char* text : {"1970-01-01 24:00", "1970-01-01 10:60", "1970-01-01 10"}) {
    EXPECT_FALSE(parsed("%Y-%m-%d %H:%M", text)) << text;
  }
}

TEST(DateFormat, refuses_formats_that_cannot_be) {
  const auto problem = [](const char* format, TypeId type) {
    return error_of([&] { DateFormat(format, type); });
  };
  EXPECT_EQ(problem("%d.%m.%Q", TypeId::kDate),
            "config.invalid: the format of a date or time has a letter that means nothing: '%d.%m.%Q'");
  EXPECT_EQ(problem("%d.%m.%Y %H", TypeId::kDate),
            "config.invalid: the format of a date or time has a time, which a date has not: '%d.%m.%Y %H'");
  EXPECT_EQ(problem("%M", TypeId::kTime),
            "config.invalid: the format of a date or time lacks the hour: '%M'");
  EXPECT_EQ(problem("%d.%m.%Y %I", TypeId::kTimestamp),
            "config.invalid: the format of a date or time needs %I and %p together: '%d.%m.%Y %I'");
}

}  // namespace
}  // namespace osiris::filesystem
