#include "sandbox/process_output.h"

#include <algorithm>
#include <iterator>

namespace osiris::sandbox {

ProcessOutput::Subscription::Subscription(ProcessOutput& output) : output_(output) {
  {
    const std::scoped_lock lock(output.mutex_);
    queue_ = output.queues_.emplace(output.queues_.end());
    if (output.last_) queue_->push_back(output.last_);
  }
  output.on_room_();
}

ProcessOutput::Subscription::~Subscription() {
  {
    const std::scoped_lock lock(output_.mutex_);
    output_.queues_.erase(queue_);
  }
  output_.on_room_();
}

std::vector<ProcessOutput::Frame> ProcessOutput::Subscription::take(
    std::chrono::steady_clock::time_point deadline) {
  std::vector<Frame> frames;
  bool was_full = false;
  {
    std::unique_lock lock(output_.mutex_);
    const std::uint64_t wake_count = output_.wake_count_;
    output_.changed_.wait_until(lock, deadline, [&] {
      return !queue_->empty() || output_.last_ || output_.wake_count_ != wake_count;
    });
    was_full = queue_->size() >= kMostQueued;
    frames.assign(std::make_move_iterator(queue_->begin()), std::make_move_iterator(queue_->end()));
    queue_->clear();
  }
  if (was_full) output_.on_room_();
  return frames;
}

bool ProcessOutput::Subscription::is_finished() const {
  const std::scoped_lock lock(output_.mutex_);
  return output_.last_ && queue_->empty();
}

bool ProcessOutput::has_room_locked() const {
  if (queues_.empty()) return !blocks_unattended_;
  return std::ranges::none_of(queues_,
                              [](const std::deque<Frame>& queue) { return queue.size() >= kMostQueued; });
}

bool ProcessOutput::has_room() const {
  const std::scoped_lock lock(mutex_);
  return has_room_locked();
}

void ProcessOutput::publish(std::string frame) {
  const auto shared = std::make_shared<const std::string>(std::move(frame));
  {
    const std::scoped_lock lock(mutex_);
    for (std::deque<Frame>& queue : queues_) queue.push_back(shared);
  }
  changed_.notify_all();
}

void ProcessOutput::finish(std::string frame) {
  const auto shared = std::make_shared<const std::string>(std::move(frame));
  {
    const std::scoped_lock lock(mutex_);
    for (std::deque<Frame>& queue : queues_) queue.push_back(shared);
    last_ = shared;
  }
  changed_.notify_all();
}

void ProcessOutput::wake_all() {
  {
    const std::scoped_lock lock(mutex_);
    ++wake_count_;
  }
  changed_.notify_all();
}

ProcessOutput::Frame ProcessOutput::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

}  // namespace osiris::sandbox
