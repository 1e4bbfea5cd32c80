#include "run/bounded_queue.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "run/fake_components.h"

namespace osiris {
namespace {

constexpr std::size_t kHalf = BoundedQueue::kMaxBytes / 2;
constexpr const char* kAbandoned = "run.cancelled: the run was cancelled";

TEST(BoundedQueue, Hands_batches_over_in_order_and_then_the_end) {
  BoundedQueue queue;
  EXPECT_TRUE(queue.push(fake_batch(1)));
  EXPECT_TRUE(queue.push(fake_batch(2)));
  queue.finish();
  EXPECT_EQ(queue.pop()->row_count(), 1U);
  EXPECT_EQ(queue.pop()->row_count(), 2U);
  EXPECT_FALSE(queue.pop());
  EXPECT_FALSE(queue.pop()) << "the end stays the end";
}

TEST(BoundedQueue, Counts_the_bytes_that_wait) {
  BoundedQueue queue;
  queue.push(fake_batch(1, 100));
  queue.push(fake_batch(1, 50));
  EXPECT_EQ(queue.byte_count(), 150U);
  queue.pop();
  EXPECT_EQ(queue.byte_count(), 50U);
  queue.abandon();
  EXPECT_EQ(queue.byte_count(), 0U);
}

TEST(BoundedQueue, Lets_the_producer_wait_for_room_and_never_holds_more_than_its_bound) {
  BoundedQueue queue;
  std::jthread producer([&] {
    for (std::size_t rows = 1; rows <= 50; ++rows) queue.push(fake_batch(rows, kHalf));
    queue.finish();
  });
  std::size_t expected = 1;
  while (const auto batch = queue.pop()) {
    EXPECT_EQ(batch->row_count(), expected++);
    EXPECT_LE(queue.byte_count(), BoundedQueue::kMaxBytes);
  }
  EXPECT_EQ(expected, 51U);
}

TEST(BoundedQueue, Lets_a_batch_that_is_larger_than_the_bound_pass_alone) {
  BoundedQueue queue;
  EXPECT_TRUE(queue.push(fake_batch(1, BoundedQueue::kMaxBytes * 3)));
  std::jthread producer([&] {
    queue.push(fake_batch(2, BoundedQueue::kMaxBytes * 3));
    queue.finish();
  });
  EXPECT_EQ(queue.pop()->row_count(), 1U);
  EXPECT_EQ(queue.pop()->row_count(), 2U);
  EXPECT_FALSE(queue.pop());
}

TEST(BoundedQueue, Gives_the_producer_s_failure_after_the_batches_before_it) {
  BoundedQueue queue;
  queue.push(fake_batch(1));
  queue.finish(Error(ErrorKind::kData, "test.broken", "it broke"));
  EXPECT_TRUE(queue.pop());
  EXPECT_EQ(error_of([&] { queue.pop(); }), "test.broken: it broke");
}

TEST(BoundedQueue, When_abandoned_never_looks_like_an_end) {
  BoundedQueue queue;
  queue.push(fake_batch(1));
  queue.finish();
  queue.abandon();
  EXPECT_EQ(error_of([&] { queue.pop(); }), kAbandoned);
  EXPECT_FALSE(queue.push(fake_batch(1))) << "nobody wants more";
}

TEST(BoundedQueue, When_abandoned_wakes_a_producer_that_waits_for_room) {
  BoundedQueue queue;
  queue.push(fake_batch(1, BoundedQueue::kMaxBytes));
  std::jthread producer([&] { EXPECT_FALSE(queue.push(fake_batch(1, BoundedQueue::kMaxBytes))); });
  queue.abandon();
}

TEST(BoundedQueue, When_abandoned_wakes_a_consumer_that_waits_for_rows) {
  BoundedQueue queue;
  std::jthread consumer([&] { EXPECT_EQ(error_of([&] { queue.pop(); }), kAbandoned); });
  queue.abandon();
}

}  // namespace
}  // namespace osiris
