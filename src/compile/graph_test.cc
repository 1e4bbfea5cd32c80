#include "compile/graph.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osiris {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Steps = std::vector<GraphStep>;
using Indices = std::vector<std::size_t>;

GraphStep reads(Indices inputs) { return {std::move(inputs), {}}; }
GraphStep waits(Indices after) { return {{}, std::move(after)}; }

TEST(StableOrder, Keeps_the_given_order_where_the_graph_leaves_it_free) {
  EXPECT_THAT(stable_order({}), IsEmpty());
  EXPECT_THAT(stable_order({{}, {}, {}}), ElementsAre(0, 1, 2));
  EXPECT_THAT(stable_order({reads({2}), {}, {}}), ElementsAre(1, 2, 0));
  EXPECT_THAT(stable_order({waits({3}), reads({0}), {}, {}}), ElementsAre(2, 3, 0, 1));
}

TEST(FindCycle, Names_the_steps_of_a_cycle_in_its_direction) {
  EXPECT_THAT(find_cycle({{}, reads({0}), reads({0, 1})}), IsEmpty());
  EXPECT_THAT(find_cycle({waits({0})}), ElementsAre(0));
  const Indices cycle = find_cycle({{}, reads({3}), reads({1}), waits({2}), reads({0})});
  EXPECT_EQ(cycle.size(), 3U);
  const Steps steps{{}, reads({3}), reads({1}), waits({2}), reads({0})};
  for (std::size_t at = 0; at < cycle.size(); ++at) {
    const GraphStep& next = steps[cycle[(at + 1) % cycle.size()]];
    Indices needed = next.inputs;
    needed.insert(needed.end(), next.after.begin(), next.after.end());
    EXPECT_THAT(needed, testing::Contains(cycle[at])) << "each waits for the one before it";
  }
}

TEST(StreamGroups, Are_the_steps_that_rows_connect) {
  EXPECT_THAT(stream_groups({{}, {}, reads({0}), waits({1}), reads({1, 0})}), ElementsAre(0, 0, 0, 1, 0));
  EXPECT_THAT(stream_groups({{}, {}, waits({0, 1})}), ElementsAre(0, 1, 2));
}

TEST(DropImpliedOrder, Takes_out_what_the_way_of_the_rows_says_already) {
  Steps steps{{}, reads({0}), {{1}, {0}}, {{}, {1}}};
  drop_implied_order(steps);
  EXPECT_THAT(steps[2].after, IsEmpty());
  EXPECT_THAT(steps[3].after, ElementsAre(1)) << "an order without rows stays";
}

TEST(SpooledSteps, Are_not_those_whose_readers_never_meet) {
  EXPECT_THAT(spooled_steps({{}, reads({0}), reads({0})}), ElementsAre(false, false, false));
  EXPECT_THAT(spooled_steps({{}, {}, reads({0, 1}), reads({2}), reads({2})}), testing::Each(false));
}

TEST(SpooledSteps, Are_those_whose_readers_meet_again) {
  EXPECT_THAT(spooled_steps({{}, reads({0}), reads({0}), reads({1, 2})}),
              ElementsAre(true, false, false, false));
  EXPECT_THAT(spooled_steps({{}, reads({0, 0})}), ElementsAre(true, false))
      << "one step reads the same rows twice";
  EXPECT_THAT(spooled_steps({{}, {}, reads({0, 1}), reads({0, 1})}), ElementsAre(true, true, false, false))
      << "two steps that read the same two streams, each of which waits for the other reader";
  EXPECT_THAT(spooled_steps({{}, reads({0}), reads({0, 1})}), ElementsAre(true, false, false));
}

TEST(FindStandstills, Refuses_an_order_among_steps_that_run_at_the_same_time) {
  const auto order = find_standstills({{}, reads({0}), {{0}, {1}}});
  ASSERT_EQ(order.size(), 1U);
  EXPECT_EQ(order[0].source, order[0].first);
  EXPECT_EQ(order[0].first, 1U);
  EXPECT_EQ(order[0].second, 2U);
}

TEST(FindStandstills, Refuses_groups_that_wait_for_each_other) {
  // 0 → 1 and 2 → 3; 1 waits for 2's group, 3 for 0's.
  const auto circle = find_standstills({{}, {{0}, {2}}, {}, {{2}, {0}}});
  ASSERT_EQ(circle.size(), 1U);
  EXPECT_NE(stream_groups({{}, reads({0}), {}, reads({2})})[circle[0].first],
            stream_groups({{}, reads({0}), {}, reads({2})})[circle[0].second]);
  EXPECT_THAT(find_standstills({{}, {{0}, {2}}, {}, reads({2})}), IsEmpty()) << "one direction is an order";
}

/// Random graphs with edges both ways, and what must hold for whatever they are.
TEST(Graph, Of_any_shape_has_an_order_or_a_cycle_and_never_both) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    Steps steps(1 + random() % 8);
    for (std::size_t step = 0; step < steps.size(); ++step) {
      for (auto edges = random() % 3; edges > 0; --edges) {
        (random() % 2 == 0 ? steps[step].inputs : steps[step].after).push_back(random() % steps.size());
      }
    }
    const Indices order = stable_order(steps);
    const Indices cycle = find_cycle(steps);
    ASSERT_EQ(order.empty(), !cycle.empty()) << "seed " << seed;
    std::vector<bool> is_placed(steps.size(), false);
    for (const std::size_t step : order) {
      for (const std::size_t needed : steps[step].inputs) ASSERT_TRUE(is_placed[needed]) << "seed " << seed;
      for (const std::size_t needed : steps[step].after) ASSERT_TRUE(is_placed[needed]) << "seed " << seed;
      is_placed[step] = true;
    }
  }
}

}  // namespace
}  // namespace osiris
