#include "run/bounded_queue.h"

namespace osiris {

bool BoundedQueue::push(Batch batch) {
  std::unique_lock lock(mutex_);
  const std::size_t size = batch.byte_count();
  changed_.wait(lock, [&] { return is_abandoned_ || batches_.empty() || bytes_ + size <= kMaxBytes; });
  if (is_abandoned_) return false;
  bytes_ += size;
  batches_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void BoundedQueue::finish(const std::optional<Error>& failure) {
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  failure_ = failure;
  changed_.notify_all();
}

std::optional<Batch> BoundedQueue::pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_abandoned_ || is_finished_ || !batches_.empty(); });
  if (!batches_.empty() && !is_abandoned_) {
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    bytes_ -= batch.byte_count();
    changed_.notify_all();
    return batch;
  }
  // An abandoned stream must not look like one that ended: its reader would commit half of the rows.
  if (is_abandoned_) throw Error(ErrorKind::kUser, "run.cancelled", "the run was cancelled");
  if (failure_) throw Error(*failure_);
  return std::nullopt;
}

void BoundedQueue::abandon() {
  const std::lock_guard lock(mutex_);
  is_abandoned_ = true;
  batches_.clear();
  bytes_ = 0;
  changed_.notify_all();
}

std::size_t BoundedQueue::byte_count() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace osiris
