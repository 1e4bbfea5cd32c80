#include "sandbox/call_message.h"

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "sandbox/envd_settings.h"

namespace osiris::sandbox {
namespace {

TEST(CallMessage, Reads_what_proto3_leaves_out_as_nothing) {
  const CallMessage empty = CallMessage::parse(R"({"a":null,"unknown":[{}]})");
  EXPECT_FALSE(empty.has("a"));
  EXPECT_EQ(empty.text("a"), "");
  EXPECT_FALSE(empty.flag("b"));
  EXPECT_EQ(empty.number("c"), 0);
  EXPECT_TRUE(empty.texts("d").empty());
  EXPECT_TRUE(empty.texts_by_name("e").empty());
  EXPECT_EQ(empty.message("f").message("g").text("h"), "");
}

TEST(CallMessage, Reads_its_fields) {
  const CallMessage message = CallMessage::parse(
      R"({"t":"x","f":true,"n":-3,"s":"9007199254740993","l":["a","b"],"m":{"k":"v"},"o":{"t":"deep"}})");
  EXPECT_EQ(message.text("t"), "x");
  EXPECT_TRUE(message.flag("f"));
  EXPECT_EQ(message.number("n"), -3);
  EXPECT_EQ(message.number("s"), 9007199254740993);
  EXPECT_EQ(message.texts("l"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(message.texts_by_name("m"), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(message.message("o").text("t"), "deep");
}

TEST(CallMessage, Refuses_other_types) {
  const CallMessage message =
      CallMessage::parse(R"({"n":1,"t":"x","z":"a\u0000b","l":[1],"f":1.5,"u":18446744073709551615})");
  const std::string refused = "sandbox.invalid_argument: the field ";
  EXPECT_EQ(error_of([&] { message.text("n"); }), refused + "'n' is not a text");
  EXPECT_EQ(error_of([&] { message.text("z"); }), refused + "'z' is not free of zero bytes");
  EXPECT_EQ(error_of([&] { message.flag("t"); }), refused + "'t' is not true or false");
  EXPECT_EQ(error_of([&] { message.number("t"); }), refused + "'t' is not a number");
  EXPECT_EQ(error_of([&] { message.number("f"); }), refused + "'f' is not a number");
  EXPECT_EQ(error_of([&] { message.number("u"); }), refused + "'u' is not a number");
  EXPECT_EQ(error_of([&] { message.texts("l"); }), refused + "'l' is not a text");
  EXPECT_EQ(error_of([&] { message.texts("t"); }), refused + "'t' is not a list");
  EXPECT_EQ(error_of([&] { message.texts_by_name("l"); }), refused + "'l' is not an object");
  EXPECT_EQ(error_of([&] { message.message("t"); }), refused + "'t' is not an object");
  const std::string deep = R"({"a":)" + std::string(1'000'000, '[');
  EXPECT_EQ(error_of([&] { CallMessage::parse(deep); }),
            "sandbox.invalid_argument: JSON that is nested too deep");
  for (const char* text : {"", "[]", "1", "{", "null"})
    EXPECT_EQ(error_of([&] { CallMessage::parse(text); }), "sandbox.invalid_argument: not a JSON object")
        << text;
}

TEST(EnvdSettings, Are_read_and_expand_paths) {
  const EnvdSettings usual = envd_settings(Json::object());
  EXPECT_EQ(expanded_path("", usual), "/home/user");
  EXPECT_EQ(expanded_path("a//b/../c/", usual), "/home/user/a/c");
  const EnvdSettings settings = envd_settings({{"envs", {{"A", "1"}}},
                                               {"user", "u"},
                                               {"home", "/h"},
                                               {"workdir", "/w"},
                                               {"blocks_unattended", true}});
  EXPECT_EQ(settings.variables, (std::map<std::string, std::string>{{"A", "1"}}));
  EXPECT_EQ(settings.end_kept.count(), 0);
  EXPECT_EQ(expanded_path("x", settings), "/w/x");
  EXPECT_EQ(expanded_path("~", settings), "/h");
  EXPECT_EQ(expanded_path("~/x", settings), "/h/x");
  EXPECT_EQ(expanded_path("/../etc/./passwd", settings), "/etc/passwd");
  EXPECT_EQ(expanded_path("/", settings), "/");
  EXPECT_EQ(error_of([&] { expanded_path("~root/x", settings); }),
            "sandbox.invalid_argument: the home of another user is not known: '~root/x'");
  EXPECT_EQ(error_of([&] { expanded_path(std::string_view("a\0b", 3), settings); }),
            "sandbox.invalid_argument: a path with a zero byte");
  EXPECT_EQ(error_of([] {
              envd_settings({{"home", "relative"}});
            }),
            "sandbox.invalid_argument: home and workdir are absolute paths");
}

}  // namespace
}  // namespace osiris::sandbox
