#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "table/batch.h"

namespace osiris {

/// Batches on their way from one thread to another, bounded in bytes. One producer, one consumer.
/// A batch that is larger than the bound passes when the queue is empty.
class BoundedQueue {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{8} << 20;

  /// Waits for room. False when the consumer is gone: nobody wants more.
  bool push(Batch batch);
  /// Ends the stream; with a failure the consumer gets it after the batches before it.
  void finish(const std::optional<Error>& failure = std::nullopt);

  /// Waits for a batch; nothing at the end. Throws the producer's failure, and kUser "run.cancelled" once
  /// abandoned.
  std::optional<Batch> pop();
  /// Says that no more is wanted, and wakes both sides.
  void abandon();

  std::size_t byte_count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  std::size_t bytes_ = 0;
  bool is_finished_ = false, is_abandoned_ = false;
  std::optional<Error> failure_;
};

}  // namespace osiris
