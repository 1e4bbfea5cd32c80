#include "agent/error_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

using testing::HasSubstr;

TEST(ErrorPage, Has_a_meaning_and_a_remedy_for_every_code) {
  EXPECT_GT(error_codes().size(), 150U);
  for (const ErrorCode& code : error_codes()) {
    EXPECT_FALSE(code.area.empty()) << code.code;
    EXPECT_FALSE(code.kind.empty()) << code.code;
    EXPECT_FALSE(code.meaning.empty()) << code.code;
    EXPECT_FALSE(code.remedy.empty()) << code.code;
  }
}

TEST(ErrorPage, Explains_a_code) {
  const ErrorCode& code = explain("connection.denied");
  EXPECT_EQ(code.kind, "connection");
  EXPECT_EQ(code.area, "Connections");
  EXPECT_THAT(code.meaning, HasSubstr("refused the account"));
}

TEST(ErrorPage, Suggests_what_is_near_a_wrong_code) {
  EXPECT_THAT(hint_of([] { explain("connection.denyed"); }), HasSubstr("did you mean 'connection.denied'?"));
  EXPECT_THAT(hint_of([] { explain("not_read_only"); }), HasSubstr("did you mean 'oml.not_read_only'?"));
  EXPECT_THAT(hint_of([] { explain("conection.denied"); }), HasSubstr("did you mean 'connection.denied'?"));
  EXPECT_THAT(error_of([] { explain("zzz"); }), HasSubstr("agent.unknown_code"));
}

}  // namespace
}  // namespace osiris
