#include "cli/progress_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace osiris::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

StepProgress running(const std::string& id, std::uint64_t rows, double rows_per_s) {
  StepProgress step;
  step.step_id = id;
  step.is_started = true;
  step.rows_read = rows;
  step.rows_per_s = rows_per_s;
  step.elapsed_ms = 12'300;
  return step;
}

StepProgress ended(StepProgress step, SessionStatus status) {
  step.status = status;
  return step;
}

RunView view_of(std::vector<StepProgress> steps) {
  RunView view;
  view.pipeline = "shop";
  view.session = "run_1";
  view.elapsed_ms = 12'300;
  view.memory_mb = 95.25;
  view.steps = std::move(steps);
  return view;
}

RunView shop() {
  StepProgress orders = running("orders", 4'231'000, 512'300);
  orders.bytes_read = 327'573'504;
  orders.share = Share{0.427, false};
  orders.left_ms = 16'500;
  StepProgress customers = ended(running("customers", 12, 4), SessionStatus::kSuccess);
  StepProgress table = running("table", 50, 4);
  table.share = Share{0.99, true};
  table.left_ms = 125'000;
  table.memory_mb = 4.1;
  StepProgress waits;
  waits.step_id = "waits";
  return view_of({orders, customers, table, waits});
}

TEST(ProgressBlock, Tells_each_step_that_has_begun_in_a_line) {
  EXPECT_THAT(
      progress_block(shop(), {120, 30}, false),
      ElementsAre("shop  12.3 s  1 of 4 steps done, 1 waiting  95.3 MB  run_1",
                  "running    orders     4,231,000 rows  512,300/s  312.4 MiB  12.3 s   42%        17 s left",
                  "success    customers         12 rows        4/s             12.3 s",
                  "running    table             50 rows        4/s             12.3 s  ~99%  ~2 min 5 s left "
                  "  4.1 MB"));
}

TEST(ProgressBlock, Goes_without_columns_where_it_is_narrow) {
  EXPECT_THAT(progress_block(shop(), {60, 30}, false),
              ElementsAre("shop  12.3 s  1 of 4 steps done, 1 waiting  95.3 MB  run_1",
                          "running    orders     4,231,000 rows  512,300/s   42%",
                          "success    customers         12 rows        4/s",
                          "running    table             50 rows        4/s  ~99%"));
  for (std::size_t columns = 1; columns < 130; ++columns) {
    for (const std::string& line : progress_block(shop(), {columns, 30}, true))
      EXPECT_LE(display_width(line), columns) << line;
  }
}

TEST(ProgressBlock, Never_has_more_lines_than_fit_above_the_cursor) {
  std::vector<StepProgress> steps;
  for (int number = 0; number < 20; ++number)
    steps.push_back(running(cat("s", number), 1, number % 7 == 3 ? 1000 + number : number));
  for (int number = 0; number < 20; ++number)
    steps.push_back(ended(running(cat("d", number), 1, 1e6), SessionStatus::kSuccess));
  const RunView view = view_of(std::move(steps));
  for (std::size_t lines = 1; lines < 50; ++lines)
    EXPECT_LE(progress_block(view, {100, lines}, false).size(), std::max<std::size_t>(lines - 1, 1));
  const auto block = progress_block(view, {100, 6}, false);
  EXPECT_THAT(block, ElementsAre(HasSubstr("20 of 40 steps done"), HasSubstr(" s3 "), HasSubstr(" s10 "),
                                 HasSubstr(" s17 "), "and 37 more: 17 running, 20 done"));
}

TEST(ProgressBlock, Keeps_a_failed_step_in_sight) {
  std::vector<StepProgress> steps;
  for (int number = 0; number < 9; ++number)
    steps.push_back(ended(running(cat("d", number), 1, 1e6), SessionStatus::kSuccess));
  steps.push_back(ended(running("bad", 1, 0), SessionStatus::kFailed));
  EXPECT_THAT(progress_block(view_of(std::move(steps)), {100, 5}, false),
              ElementsAre(HasSubstr("10 of 10 steps done"), HasSubstr("success    d0"),
                          HasSubstr("failed     bad"), "and 8 more: 8 done"));
}

TEST(ProgressBlock, Paints_nothing_but_the_status_of_what_has_ended) {
  const auto block = progress_block(shop(), {120, 30}, true);
  EXPECT_THAT(block[1], Not(HasSubstr("\x1b")));
  EXPECT_THAT(block[2], AllOf(HasSubstr("\x1b[32msuccess\x1b[0m    customers"), Not(HasSubstr("\x1b[3m"))));
}

TEST(ProgressLine, Names_what_tells_its_part_then_the_busiest_steps) {
  EXPECT_EQ(
      progress_line(shop()),
      "shop  12.3 s  1 of 4 steps done, 1 waiting  95.3 MB  orders 4,231,000 rows, 512,300/s, 42%, 17 s "
      "left; table 50 rows, 4/s, ~99%, ~2 min 5 s left");
  EXPECT_THAT(progress_line(view_of({running("a", 1, 1), running("b", 1, 9), running("c", 1, 8),
                                     running("d", 1, 7), running("e", 1, 1)})),
              HasSubstr("MB  b 1 rows, 9/s; c 1 rows, 8/s; d 1 rows, 7/s; and 2 more"));
}

TEST(ProgressLine, Lets_no_control_character_through) {
  RunView view = shop();
  view.pipeline = "a\nb\x1b[2J";
  EXPECT_THAT(progress_line(view), testing::StartsWith("a?b?[2J  12.3 s"));
  EXPECT_THAT(progress_block(view, {100, 30}, true).front(), testing::StartsWith("a?b?[2J  12.3 s"));
  view.pipeline = std::string(200, 'x');
  EXPECT_THAT(progress_block(view, {90, 30}, false).front(), HasSubstr("xxx…  12.3 s  1 of 4 steps done"));
}

TEST(ProgressJson, Has_every_field_in_every_line) {
  const RunView view = shop();
  const Json orders = progress_json(view, view.steps.front());
  EXPECT_EQ(orders["step_id"], "orders");
  EXPECT_EQ(orders["percent"], 42.7);
  EXPECT_EQ(orders["eta_ms"], 16'500);
  EXPECT_EQ(orders["is_estimate"], false);
  const Json all = progress_json(view);
  EXPECT_TRUE(all["step_id"].is_null());
  EXPECT_TRUE(all["percent"].is_null());
  EXPECT_EQ(all["rows_read"], 4'231'062);
  for (const auto& [name, value] : orders.items()) EXPECT_TRUE(all.contains(name)) << name;
}

}  // namespace
}  // namespace osiris::cli
