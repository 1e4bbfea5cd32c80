#include "base/cancellation.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/test_error.h"

namespace osiris {
namespace {

TEST(Cancellation, Runs_every_hook_once) {
  Cancellation cancellation;
  int first = 0;
  int second = 0;
  const auto hook = cancellation.on_cancel([&] { ++first; });
  const auto other = cancellation.on_cancel([&] { ++second; });
  EXPECT_FALSE(cancellation.is_cancelled());
  EXPECT_NO_THROW(cancellation.check());

  cancellation.cancel();
  cancellation.cancel();
  EXPECT_TRUE(cancellation.is_cancelled());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
  EXPECT_EQ(error_of([&] { cancellation.check(); }), "run.cancelled: the run was cancelled");
}

TEST(Cancellation, Runs_a_hook_at_once_when_it_has_happened_already) {
  Cancellation cancellation;
  cancellation.cancel();
  int calls = 0;
  const auto hook = cancellation.on_cancel([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, Forgets_a_hook_that_has_gone) {
  Cancellation cancellation;
  int calls = 0;
  {
    const auto hook = cancellation.on_cancel([&] { ++calls; });
  }
  cancellation.cancel();
  EXPECT_EQ(calls, 0);
}

TEST(Cancellation, Keeps_a_hook_that_moves_and_drops_the_one_it_replaces) {
  Cancellation cancellation;
  int kept = 0;
  int replaced = 0;
  auto hook = cancellation.on_cancel([&] { ++replaced; });
  {
    auto first = cancellation.on_cancel([&] { ++kept; });
    Cancellation::Hook second(std::move(first));
    hook = std::move(second);
  }
  cancellation.cancel();
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(replaced, 0);
}

TEST(Cancellation, Never_runs_a_hook_whose_owner_has_gone_in_another_thread) {
  for (int round = 0; round < 200; ++round) {
    Cancellation cancellation;
    const std::jthread canceller([&] { cancellation.cancel(); });
    auto alive = std::make_unique<bool>(true);
    {
      const auto hook = cancellation.on_cancel([&] { EXPECT_TRUE(*alive); });
    }
    alive.reset();
  }
}

}  // namespace
}  // namespace osiris
