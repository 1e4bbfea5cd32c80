#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace osiris::cli {
namespace {

TEST(DisplayWidth, Counts_the_columns_of_a_terminal) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("orders"), 6U);
  EXPECT_EQ(display_width("倉庫"), 4U);
  EXPECT_EQ(display_width("🚲"), 2U);
  EXPECT_EQ(display_width("e\u0301"), 1U) << "a combining mark";
  EXPECT_EQ(display_width("Dům"), 3U);
  EXPECT_EQ(display_width("\x1b[32mok\x1b[0m"), 2U) << "colours";
  EXPECT_EQ(display_width("a\xFF"
                          "b"),
            3U)
      << "no UTF-8";
}

TEST(Fit, Cuts_by_columns_and_says_so) {
  EXPECT_EQ(fit("orders", 6), "orders");
  EXPECT_EQ(fit("orders", 5), "orde…");
  EXPECT_EQ(fit("倉庫の注文", 10), "倉庫の注文");
  EXPECT_EQ(fit("倉庫の注文", 9), "倉庫の注…");
  EXPECT_EQ(fit("倉庫の注文", 8), "倉庫の…");
  EXPECT_EQ(fit("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  EXPECT_EQ(fit("ab", 1), "…");
  EXPECT_EQ(fit("ab", 0), "");
}

TEST(Fit, Lets_nothing_through_that_moves_the_cursor) {
  EXPECT_EQ(fit("a\x1b[2Jb\n\r\tc\x7f\u0085\xFF", 40), "a?[2Jb???c???");
  EXPECT_EQ(fit("a\u202eb\u2066c", 40), "a?b?c");
  EXPECT_EQ(fit("\x1b[31mred", 40), "?[31mred");
}

TEST(Fill, Has_exactly_the_columns) {
  EXPECT_EQ(fill("倉", 4), "倉  ");
  EXPECT_EQ(fill("orders", 4), "ord…");
}

}  // namespace
}  // namespace osiris::cli
