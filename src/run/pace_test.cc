#include "run/pace.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

TEST(Pace, Tells_nothing_of_one_moment) {
  Pace pace;
  EXPECT_EQ(pace.rows_per_s(), 0);
  pace.tell(0, 100, 0.1);
  EXPECT_EQ(pace.rows_per_s(), 0);
  EXPECT_FALSE(pace.left_ms());
}

TEST(Pace, Forgets_what_was_more_than_ten_seconds_ago) {
  Pace pace;
  for (std::int64_t second = 0; second <= 30; ++second) {
    const std::uint64_t rows = second < 15 ? static_cast<std::uint64_t>(second) * 1000 : 15'000;
    pace.tell(second * kSecondUs, rows, {});
  }
  EXPECT_EQ(pace.rows_per_s(), 0) << "nothing has come for fifteen seconds";
  pace.tell(31 * kSecondUs, 26'000, {});
  EXPECT_NEAR(pace.rows_per_s(), 1000, 101);
}

TEST(Pace, Guesses_what_is_left_from_the_pace_at_present) {
  Pace pace;
  for (std::int64_t second = 0; second <= 20; ++second)
    pace.tell(second * kSecondUs, 0, static_cast<double>(second) / 100);
  ASSERT_TRUE(pace.left_ms());
  EXPECT_NEAR(static_cast<double>(*pace.left_ms()), 80'000, 1);
  for (std::int64_t second = 21; second <= 40; ++second) pace.tell(second * kSecondUs, 0, 0.2);
  EXPECT_FALSE(pace.left_ms()) << "it stands still";
}

TEST(Pace, Does_not_guess_from_less_than_a_second_or_without_a_share) {
  Pace pace;
  pace.tell(0, 0, 0.0);
  pace.tell(kSecondUs / 2, 10, 0.5);
  EXPECT_FALSE(pace.left_ms());
  pace.tell(2 * kSecondUs, 20, {});
  EXPECT_FALSE(pace.left_ms());
}

TEST(Pace, Begins_anew_where_rows_became_fewer) {
  Pace pace;
  pace.tell(0, 0, {});
  pace.tell(kSecondUs, 5000, {});
  pace.tell(2 * kSecondUs, 10, {});
  EXPECT_EQ(pace.rows_per_s(), 0);
  pace.tell(3 * kSecondUs, 110, {});
  EXPECT_EQ(pace.rows_per_s(), 100);
}

}  // namespace
}  // namespace osiris
