#include "cli/plain_dialog.h"

#include <array>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/text.h"

namespace osiris::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using Items = std::vector<std::size_t>;

/// Answers to questions that were typed before they were asked.
struct Talk {
  explicit Talk(const std::string& answers, bool echoes = false)
      : in(::memfd_create("answers", MFD_CLOEXEC)), dialog(in.descriptor(), out, echoes) {
    EXPECT_EQ(::pwrite(in.descriptor(), answers.data(), answers.size(), 0),
              static_cast<ssize_t>(answers.size()));
  }
  Descriptor in;
  std::ostringstream out;
  PlainDialog dialog;
};

const Menu kFruit{"Which fruit?", {{"apple", "green"}, {"pear"}, {"red apple"}, {"fig"}}};

TEST(PlainDialog, asks_for_a_line) {
  Talk talk("  Ada \n\n\r\n");
  EXPECT_EQ(talk.dialog.ask({"Name"}), "Ada");
  EXPECT_EQ(talk.dialog.ask({"Name", "Bob"}), "Bob");
  EXPECT_EQ(talk.dialog.ask({"> "}), "");
  EXPECT_EQ(talk.dialog.ask({"Name"}), std::nullopt);
  EXPECT_EQ(talk.dialog.no_answer(), NoAnswer::kEndOfInput);
  EXPECT_EQ(talk.out.str(), "Name: Name [Bob]: > Name: \n");
}

TEST(PlainDialog, takes_a_last_line_without_its_end) {
  Talk talk("Ada");
  EXPECT_EQ(talk.dialog.ask({"Name"}), "Ada");
}

TEST(PlainDialog, waits_for_no_line_once_the_work_is_cancelled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Descriptor in(ends[0]), silent(ends[1]);
  std::ostringstream out;
  PlainDialog dialog(in.descriptor(), out, false);
  Cancellation cancellation;
  dialog.attend(cancellation, [&] {
    std::thread canceller([&] { cancellation.cancel(); });
    EXPECT_EQ(dialog.confirm("Run it?", false), std::nullopt);
    canceller.join();
    EXPECT_EQ(dialog.no_answer(), NoAnswer::kInterrupted);
    ASSERT_EQ(::write(silent.descriptor(), "yes\nAda\n", 8), 8);
    EXPECT_EQ(dialog.confirm("Run it?", false), std::nullopt) << "a yes that came too late is none";
  });
  EXPECT_EQ(dialog.ask({"> "}), "yes") << "lines that nobody took are the next answers";
  EXPECT_EQ(dialog.ask({"> "}), "Ada");
}

TEST(PlainDialog, keeps_the_spaces_of_code) {
  Talk talk("    return 1\n   \n");
  Prompt prompt{". "};
  prompt.keeps_spaces = true;
  EXPECT_EQ(talk.dialog.ask(prompt), "    return 1");
  EXPECT_EQ(talk.dialog.ask(prompt), "");
}

TEST(PlainDialog, shows_what_a_pipe_answers_but_no_secret) {
  Talk talk("Ada\ns3cret\n", true);
  Prompt secret{"Password"};
  secret.is_secret = true;
  talk.dialog.ask({"Name"});
  EXPECT_EQ(talk.dialog.ask(secret), "s3cret");
  EXPECT_EQ(talk.out.str(), "Name: Ada\nPassword: \n");
}

TEST(PlainDialog, goes_back_only_where_it_was_offered) {
  Talk talk("<\n<\n");
  Prompt prompt{"Name"};
  prompt.can_go_back = true;
  EXPECT_EQ(talk.dialog.ask(prompt), std::nullopt);
  EXPECT_EQ(talk.dialog.no_answer(), NoAnswer::kBack);
  EXPECT_EQ(talk.dialog.ask({"Name"}), "<");
}

TEST(PlainDialog, chooses_by_number_and_by_name) {
  Talk talk("2\nfig\nFIG\n\n");
  EXPECT_EQ(talk.dialog.choose(kFruit), 1);
  EXPECT_EQ(talk.dialog.choose(kFruit), 3);
  EXPECT_EQ(talk.dialog.choose(kFruit), 3);
  Menu usual = kFruit;
  usual.chosen = {2};
  EXPECT_EQ(talk.dialog.choose(usual), 2);
  EXPECT_THAT(talk.out.str(), HasSubstr("  1  apple      green\n  2  pear\n"));
  EXPECT_THAT(talk.out.str(), HasSubstr("number or name [3]: "));
}

TEST(PlainDialog, lists_what_a_part_of_a_name_may_mean) {
  Talk talk("app\nplum\n\n5\n0\n3\n");
  EXPECT_EQ(talk.dialog.choose(kFruit), 2);
  const std::string shown = talk.out.str();
  EXPECT_THAT(shown, HasSubstr("Which of these?\n  1  apple      green\n  3  red apple\nnumber"));
  EXPECT_THAT(shown, HasSubstr("error: no such answer: 'plum'"));
  EXPECT_THAT(shown, HasSubstr("error: no such answer: '5'"));
}

TEST(PlainDialog, chooses_several) {
  Talk talk("1,3-4\nfig, pear\nall\nnone\n\n4-1\n1 2\nred apple\n");
  EXPECT_EQ(talk.dialog.choose_several(kFruit), (Items{0, 2, 3}));
  EXPECT_EQ(talk.dialog.choose_several(kFruit), (Items{1, 3}));
  EXPECT_EQ(talk.dialog.choose_several(kFruit), (Items{0, 1, 2, 3}));
  EXPECT_EQ(talk.dialog.choose_several(kFruit), Items{});
  Menu usual = kFruit;
  usual.chosen = {0, 1, 2, 3};
  EXPECT_EQ(talk.dialog.choose_several(usual), usual.chosen);
  EXPECT_EQ(talk.dialog.choose_several(kFruit), Items{2});
  EXPECT_THAT(talk.out.str(), HasSubstr("[all]: "));
}

TEST(PlainDialog, shows_only_the_first_of_very_many) {
  Menu menu{"Which table?", {}};
  for (int number = 1; number <= 500; ++number) menu.items.push_back({cat("table_", number)});
  Talk talk("table_47\ntable_499\n");
  EXPECT_EQ(talk.dialog.choose(menu), 46);
  EXPECT_EQ(talk.dialog.choose(menu), 498);
  EXPECT_THAT(talk.out.str(), HasSubstr("and 460 more: type a part of the name"));
  EXPECT_THAT(talk.out.str(), Not(HasSubstr("  41  table_41")));
}

TEST(PlainDialog, takes_only_a_yes_for_a_yes) {
  Talk talk("\nsure\nYES\nn\n");
  EXPECT_EQ(talk.dialog.confirm("Run it?", false), true);
  EXPECT_EQ(talk.dialog.confirm("Run it?", false), false);
  EXPECT_EQ(talk.dialog.confirm("Run it?", false), std::nullopt);
}

TEST(PlainDialog, gives_up_after_many_wrong_answers) {
  std::string answers;
  for (int count = 0; count < 1000; ++count) answers += "plum\n";
  Talk talk(answers);
  EXPECT_EQ(talk.dialog.choose(kFruit), std::nullopt);
  EXPECT_EQ(talk.dialog.no_answer(), NoAnswer::kEndOfInput);
  EXPECT_LT(talk.out.str().size(), 5000U);
}

TEST(PlainDialog, refuses_bytes_that_are_no_text) {
  Talk talk("\xff\xfe\nAda\n");
  EXPECT_EQ(talk.dialog.ask({"Name"}), "Ada");
}

TEST(PlainDialog, shows_nothing_that_changes_a_terminal) {
  Talk talk("1\n");
  talk.dialog.say("a\x1b[2Jb\tc\r\nd\x07", Tone::kPlain);
  talk.dialog.choose({"Which\x1b]0;x\x07?", {{"na\x1bme"}}});
  EXPECT_EQ(talk.out.str().find('\x1b'), std::string::npos);
  EXPECT_THAT(talk.out.str(), HasSubstr("a?[2Jb\tc\nd?\n"));
}

TEST(PlainDialog, streams_pieces_and_begins_a_line_after_them) {
  Talk talk("");
  talk.dialog.stream("P\xc5");
  talk.dialog.stream("\x99\xc3");
  talk.dialog.say("next", Tone::kNote);
  talk.dialog.stream("whole\n");
  talk.dialog.say("last", Tone::kWarning);
  EXPECT_EQ(talk.out.str(), "Př?\nnext\nwhole\nwarning: last\n");
}

}  // namespace
}  // namespace osiris::cli
