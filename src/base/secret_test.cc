#include "base/secret.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris {
namespace {

TEST(Secret, Prints_as_stars_whatever_it_holds) {
  EXPECT_EQ(cat("password ", Secret("hunter22")), "password ***");
  EXPECT_EQ(cat(Secret()), "***");
  EXPECT_EQ(Secret("hunter22").reveal(), "hunter22");
}

TEST(Secret, Is_taken_out_of_an_outside_text_wherever_it_stands) {
  const Secret secret("hunter22");
  EXPECT_EQ(without_secret("hunter22 is wrong, hunter22hunter22!", secret), "*** is wrong, ******!");
  EXPECT_EQ(without_secret("nothing to see", secret), "nothing to see");
  EXPECT_EQ(without_secret("****", Secret("****")), "***");
}

TEST(Secret, Shorter_than_four_characters_garbles_no_ordinary_words) {
  EXPECT_EQ(without_secret("as always", Secret("a")), "as always");
  EXPECT_EQ(without_secret("as always", Secret("")), "as always");
}

}  // namespace
}  // namespace osiris
