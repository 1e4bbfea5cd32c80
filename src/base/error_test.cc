#include "base/error.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

Error broken() { return {ErrorKind::kData, "test.broken", "it broke", "mend it"}; }

TEST(Error, Names_its_kind_in_one_word) {
  EXPECT_EQ(to_string(ErrorKind::kUser), "user");
  EXPECT_EQ(to_string(ErrorKind::kConnection), "connection");
  EXPECT_EQ(to_string(ErrorKind::kData), "data");
  EXPECT_EQ(to_string(ErrorKind::kInternal), "internal");
}

TEST(Error, Shows_of_its_place_what_is_known) {
  EXPECT_EQ((Location{"a.oml", 3, 5}.to_string()), "a.oml:3:5");
  EXPECT_EQ((Location{"a.oml", 3, 0}.to_string()), "a.oml:3");
  EXPECT_EQ((Location{"a.oml", 0, 0}.to_string()), "a.oml");
  EXPECT_TRUE(Location{}.empty());
}

TEST(Error, Gathers_frames_on_its_way_innermost_first) {
  try {
    within("step 'load'", [] { within("component 'x'", [] { throw broken(); }); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.frames(), testing::ElementsAre("component 'x'", "step 'load'"));
    EXPECT_STREQ(error.what(), "it broke");
    EXPECT_EQ(error.hint(), "mend it");
  }
  EXPECT_EQ(within("unused", [] { return 7; }), 7);
}

TEST(Error, Keeps_the_innermost_place_and_step) {
  const auto work = [](Error error) {
    located({"outer", 1, 1}, [&] { located({"inner", 2, 2}, [&] { throw Error(error); }); });
  };
  EXPECT_EQ(error_of([&] { work(broken()); }), "inner:2:2: test.broken: it broke");
  EXPECT_EQ(error_of([&] { work(broken().at({"own", 3, 3})); }), "own:3:3: test.broken: it broke");

  Error error = broken();
  error.set_step("inner");
  error.set_step("outer");
  EXPECT_EQ(error.step(), "inner");
}

TEST(Error, Is_retryable_only_where_somebody_says_so) {
  EXPECT_FALSE(broken().is_retryable());
  EXPECT_TRUE(broken().retryable().is_retryable());
}

TEST(Error, Of_a_foreign_exception_is_our_own_bug) {
  const Error error = as_error(std::make_exception_ptr(std::runtime_error("vector::at")));
  EXPECT_EQ(error.kind(), ErrorKind::kInternal);
  EXPECT_EQ(error.code(), "internal.exception");
  EXPECT_EQ(error.message(), "unexpected exception: vector::at");

  Error known = broken();
  known.add_frame("step 'load'");
  EXPECT_THAT(as_error(std::make_exception_ptr(known)).frames(), testing::ElementsAre("step 'load'"));
}

TEST(Error, Says_which_invariant_broke) {
  EXPECT_NO_THROW(invariant(true, "all is well"));
  EXPECT_EQ(error_of([] { invariant(false, "two is one"); }),
            "internal.invariant: broken invariant: two is one");
}

TEST(Error, Ends_with_the_text_of_errno) {
  EXPECT_EQ(error_of([] {
              errno = ENOENT;
              throw_errno(ErrorKind::kUser, "file.unreadable", "cannot read 'x'");
            }),
            "file.unreadable: cannot read 'x': No such file or directory");
}

}  // namespace
}  // namespace osiris
