#include "report/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Rates, Are_the_rows_of_each_stretch) {
  EXPECT_THAT(rates_of({{500, 100}, {1000, 400}, {1000, 400}, {2000, 400}}),
              ElementsAre(std::pair(500.0, 200.0), std::pair(1000.0, 600.0), std::pair(2000.0, 0.0)));
}

TEST(Thinned, Keeps_the_highest_value_of_each_stretch) {
  const Series series{{0, 1}, {1, 9}, {2, 3}, {3, 4}};
  EXPECT_THAT(thinned(series, 2), ElementsAre(std::pair(1.0, 9.0), std::pair(3.0, 4.0)));
  EXPECT_EQ(thinned(series, 4), series);
}

TEST(Charts, Leave_out_what_has_no_course_and_draw_the_steps_with_the_most_rows) {
  RunStory story;
  EXPECT_THAT(charts_of(story), IsEmpty());
  story.memory_mb = {{0, 10}, {1000, 12}};
  for (std::uint64_t number = 0; number < 12; ++number) {
    StepStory& step = story.steps.emplace_back();
    step.id = std::to_string(number);
    step.rows_read = number;
    step.rows_so_far = {{1000, 10}, {2000, 30}};
  }
  const Json charts = charts_of(story);
  ASSERT_EQ(charts.size(), 2U);
  EXPECT_EQ(charts[0]["unit"], "rows/s");
  ASSERT_EQ(charts[0]["lines"].size(), 8U);
  EXPECT_EQ(charts[0]["lines"][0]["name"], "4");
  EXPECT_EQ(charts[0]["lines"][7]["name"], "11");
  EXPECT_EQ(charts[1]["lines"][0]["points"], Json::parse("[[0.0,10.0],[1000.0,12.0]]"));
}

}  // namespace
}  // namespace osiris
