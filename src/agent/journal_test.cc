#include "agent/journal.h"

#include <gtest/gtest.h>

#include "agent/scripted_dialog.h"

namespace osiris {
namespace {

TEST(Journal, gives_kept_answers_again_in_silence) {
  ScriptedDialog dialog({"Ada", "two", "yes"});
  Journal journal(dialog);
  const Menu menu{"Which?", {{"one"}, {"two"}}};
  EXPECT_EQ(journal.ask({"Name"}), "Ada");
  EXPECT_EQ(journal.choose(menu), 1);
  const std::string before = dialog.shown();
  journal.rewind();
  journal.say("not said again");
  EXPECT_EQ(journal.ask({"Name"}), "Ada");
  EXPECT_EQ(journal.choose(menu), 1);
  EXPECT_EQ(dialog.shown(), before);
  EXPECT_EQ(journal.confirm("Sure?"), true);
  EXPECT_NE(dialog.shown(), before);
}

TEST(Journal, asks_the_last_question_again_after_it_was_forgotten) {
  ScriptedDialog dialog({"Ada", "<", "Bob"});
  Journal journal(dialog);
  EXPECT_EQ(journal.ask({"Name"}), "Ada");
  EXPECT_EQ(journal.ask({"Town"}), std::nullopt);
  EXPECT_EQ(journal.no_answer(), NoAnswer::kBack);
  journal.forget_last();
  journal.rewind();
  EXPECT_EQ(journal.ask({"Name"}), "Bob");
}

TEST(Journal, tells_an_interruption_from_the_end) {
  ScriptedDialog dialog({"^C"});
  Journal journal(dialog);
  EXPECT_EQ(journal.confirm("Sure?"), std::nullopt);
  EXPECT_EQ(journal.no_answer(), NoAnswer::kInterrupted);
  EXPECT_EQ(journal.confirm("Sure?"), std::nullopt);
  EXPECT_EQ(journal.no_answer(), NoAnswer::kEndOfInput);
}

TEST(Journal, gives_up_on_one_who_is_always_wrong) {
  ScriptedDialog dialog(std::deque<std::string>(1000, "wrong"));
  Journal journal(dialog);
  std::size_t asked = 0;
  for (; journal.ask({"Name"}); ++asked) journal.refuse_last("no");
  EXPECT_EQ(asked, 20);
  EXPECT_EQ(journal.no_answer(), NoAnswer::kEndOfInput);
}

}  // namespace
}  // namespace osiris
