#include "run/discover_tables.h"

#include <gtest/gtest.h>

namespace osiris {
namespace {

TEST(Masked, Keeps_the_shape_of_a_value_and_nothing_of_its_content) {
  EXPECT_EQ(masked("Ada Lovelace"), "xxx xxxxxxxx");
  EXPECT_EQ(masked("ada@example.com"), "xxx@xxxxxxx.xxx");
  EXPECT_EQ(masked("2024-02-29 12:00:00"), "9999-99-99 99:99:99");
  EXPECT_EQ(masked("-1.5e+20"), "-9.9x+99");
  EXPECT_EQ(masked("žluťoučký"), "xxxxxxxxx") << "a letter of two bytes is one letter";
  EXPECT_EQ(masked("a\nb\x01"), "x x ");
  EXPECT_EQ(masked(""), "");
}

TEST(Masked, Is_bounded) {
  EXPECT_EQ(masked(std::string(40, 'a')), std::string(40, 'x'));
  EXPECT_EQ(masked(std::string(1000, 'a')), std::string(40, 'x') + "…");
}

}  // namespace
}  // namespace osiris
