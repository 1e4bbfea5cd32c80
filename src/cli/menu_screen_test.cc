#include "cli/menu_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris::cli {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Key::Kind;

const Menu kTables{"Which table?",
                   {{"orders", "6 columns"}, {"customers", "3 columns"}, {"old orders"}, {"倉庫"}}};

void type(MenuScreen& screen, const std::string& text) {
  for (const char c : text) screen.press({Kind::kText, std::string(1, c)});
}

TEST(MenuScreen, goes_up_and_down_and_no_further) {
  MenuScreen screen(kTables, false);
  EXPECT_THAT(screen.taken(), ElementsAre(0));
  screen.press({Kind::kUp});
  EXPECT_THAT(screen.taken(), ElementsAre(0));
  screen.press({Kind::kDown});
  EXPECT_THAT(screen.taken(), ElementsAre(1));
  screen.press({Kind::kEnd});
  screen.press({Kind::kDown});
  EXPECT_THAT(screen.taken(), ElementsAre(3));
  screen.press({Kind::kHome});
  EXPECT_THAT(screen.taken(), ElementsAre(0));
}

TEST(MenuScreen, begins_where_the_usual_answer_is) {
  Menu menu = kTables;
  menu.chosen = {2};
  EXPECT_THAT(MenuScreen(menu, false).taken(), ElementsAre(2));
}

TEST(MenuScreen, finds_by_a_part_of_the_name) {
  MenuScreen screen(kTables, false);
  type(screen, "ORD");
  screen.press({Kind::kDown});
  EXPECT_THAT(screen.taken(), ElementsAre(2));
  EXPECT_EQ(screen.lines({80, 24}, false)[1], "find: ORD");
  type(screen, "x");
  EXPECT_THAT(screen.taken(), IsEmpty());
  screen.press({Kind::kBackspace});
  EXPECT_THAT(screen.taken(), ElementsAre(0));
  EXPECT_TRUE(screen.press({Kind::kEscape}));
  EXPECT_FALSE(screen.press({Kind::kEscape})) << "it is for the caller";
  screen.press({Kind::kText, "倉"});
  EXPECT_THAT(screen.taken(), ElementsAre(3));
  screen.press({Kind::kBackspace});
  EXPECT_FALSE(screen.has_filter()) << "a whole character was taken back";
}

TEST(MenuScreen, chooses_several_and_keeps_them_while_one_looks_for_others) {
  MenuScreen screen(kTables, true);
  EXPECT_THAT(screen.taken(), IsEmpty());
  type(screen, " cust ");
  screen.press({Kind::kEraseLine});
  EXPECT_THAT(screen.taken(), ElementsAre(0, 1));
  EXPECT_EQ(screen.answer_line(80), "Which table? orders, customers");
  screen.press({Kind::kAll});
  EXPECT_EQ(screen.answer_line(80), "Which table? all");
  screen.press({Kind::kAll});
  EXPECT_EQ(screen.answer_line(80), "Which table? none");
}

TEST(MenuScreen, has_no_line_that_is_wider_than_the_terminal) {
  for (const std::size_t columns : {1, 5, 12, 40, 200}) {
    for (const bool has_colour : {false, true}) {
      std::vector<std::size_t> widths;
      for (const std::string& line : MenuScreen(kTables, true).lines({columns, 24}, has_colour))
        widths.push_back(display_width(line));
      EXPECT_THAT(widths, Each(testing::Le(std::max<std::size_t>(columns, 2)))) << columns;
    }
  }
}

TEST(MenuScreen, shows_a_window_of_many_items) {
  Menu menu{"Which?", {}};
  for (int number = 1; number <= 100; ++number) menu.items.push_back({std::to_string(number)});
  MenuScreen screen(menu, false);
  EXPECT_EQ(screen.lines({80, 24}, false).size(), 15U);
  EXPECT_EQ(screen.lines({80, 24}, false).back(), "  1 to 12 of 100");
  EXPECT_EQ(screen.lines({80, 9}, false).back(), "  1 to 5 of 100");
  screen.press({Kind::kPageDown});
  EXPECT_EQ(screen.lines({80, 24}, false).back(), "  2 to 13 of 100");
  EXPECT_THAT(screen.lines({80, 24}, false), testing::Contains("> 13"));
}

TEST(MenuScreen, shows_nothing_that_changes_a_terminal) {
  const Menu menu{"W\x1b[2J?", {{"a\x1b[31m", "b\x07"}}};
  for (const std::string& line : MenuScreen(menu, false).lines({80, 24}, false))
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
}

}  // namespace
}  // namespace osiris::cli
