#include "run/expected_total.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

TEST(ExpectedTotal, Knows_nothing_that_it_was_not_told) {
  ExpectedTotal total;
  EXPECT_FALSE(total.share(10, 10));
  total.expect({Total::Unit::kBytes, 0}, 0);
  EXPECT_FALSE(total.share(10, 10));
}

TEST(ExpectedTotal, Takes_bytes_of_this_attempt_only) {
  ExpectedTotal total;
  total.expect({Total::Unit::kBytes, 100}, 0);
  EXPECT_DOUBLE_EQ(total.share(0, 40)->value, 0.4);
  total.expect({Total::Unit::kBytes, 100}, 40);
  EXPECT_DOUBLE_EQ(total.share(0, 40)->value, 0);
  EXPECT_DOUBLE_EQ(total.share(0, 90)->value, 0.5);
  EXPECT_DOUBLE_EQ(total.share(0, 900)->value, 1);
}

TEST(ExpectedTotal, Never_takes_an_estimate_for_the_end) {
  ExpectedTotal total;
  total.expect({Total::Unit::kRows, 1000, true}, 0);
  EXPECT_DOUBLE_EQ(total.share(500, 0)->value, 0.5);
  EXPECT_TRUE(total.share(500, 0)->is_estimate);
  EXPECT_DOUBLE_EQ(total.share(2000, 0)->value, 0.99);
}

TEST(ExpectedTotal, Takes_the_limit_where_it_comes_first) {
  ExpectedTotal total;
  total.limit_rows(10);
  EXPECT_DOUBLE_EQ(total.share(5, 0)->value, 0.5);
  EXPECT_FALSE(total.share(5, 0)->is_estimate);
  total.expect({Total::Unit::kRows, 1000, true}, 0);
  EXPECT_DOUBLE_EQ(total.share(5, 0)->value, 0.5);
  total.expect({Total::Unit::kRows, 6, true}, 0);
  EXPECT_TRUE(total.share(5, 0)->is_estimate);
}

}  // namespace
}  // namespace osiris
