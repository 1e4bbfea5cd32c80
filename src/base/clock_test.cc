#include "base/clock.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

TEST(Clock, Reads_the_local_times_that_it_prints) {
  const std::int64_t at_ms = 1'700'000'000'000;
  EXPECT_EQ(parse_local_time(local_time(at_ms).substr(0, 19)), at_ms);
  const std::int64_t day = *parse_local_time("2024-02-29");
  EXPECT_EQ(local_time(day), "2024-02-29 00:00:00.000");
  EXPECT_EQ(parse_local_time("2024-02-29 00:01"), day + 60'000);
  EXPECT_EQ(parse_local_time("2024-02-29T00:00:07"), day + 7'000);
}

TEST(Clock, Refuses_what_is_no_local_time) {
  for (const char* text :
       {"", "2024", "2024-02-31", "2024-13-01", "2024-02-29 25:00", "yesterday", "2024-02-29x"})
    EXPECT_EQ(parse_local_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace osiris
