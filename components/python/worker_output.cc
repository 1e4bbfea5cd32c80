#include "python/worker_output.h"

#include <array>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

namespace osiris::python {

namespace {

/// Chosen: some batches, so that neither side waits for the other.
constexpr std::uint64_t kMostHeldBytes = std::uint64_t{4} << 20;

std::uint64_t bytes_of(const WorkerOutput::Message& message) {
  return message.content.size() + (message.batch ? message.batch->byte_count() : 0);
}

}  // namespace

WorkerOutput::WorkerOutput(int pipe)
    : pipe_(pipe), ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)), stopped_(stop_) {
  if (!ready_.is_open())
    throw_errno(ErrorKind::kInternal, "system.eventfd", "no event descriptor could be made");
  thread_ = std::jthread([this] { read_all(); });
}

WorkerOutput::~WorkerOutput() {
  {
    const std::lock_guard lock(mutex_);
    stop_.cancel();
  }
  has_room_.notify_all();
  thread_.join();
}

std::optional<WorkerOutput::Message> WorkerOutput::take() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  eventfd_t taken = 0;
  ::eventfd_read(ready_.descriptor(), &taken);
  Message message = std::move(messages_.front());
  messages_.pop_front();
  held_bytes_ -= bytes_of(message);
  has_room_.notify_all();
  return message;
}

void WorkerOutput::put(Message message) {
  const std::lock_guard lock(mutex_);
  held_bytes_ += bytes_of(message);
  messages_.push_back(std::move(message));
  ::eventfd_write(ready_.descriptor(), 1);
}

void WorkerOutput::wait_for_room() {
  std::unique_lock lock(mutex_);
  has_room_.wait(lock, [&] { return held_bytes_ < kMostHeldBytes || stop_.is_cancelled(); });
}

void WorkerOutput::read_all() {
  try {
    Frame frame = next_frame();
    while (true) {
      while (frame.kind == 'S') frame = read_stream(std::move(frame));
      const bool is_end = frame.kind == kEnded;
      put({.kind = frame.kind, .content = std::move(frame.content)});
      if (is_end) return;
      frame = next_frame();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    ::eventfd_write(ready_.descriptor(), 1);
  }
}

/// Puts a schema and the batches behind it; returns the frame that is none of them.
Frame WorkerOutput::read_stream(Frame frame) {
  ArrowReader reader(frame.content, [&](std::string& message) {
    frames_.reuse(std::move(message));
    frame = next_frame();
    if (frame.kind != 'B') return false;
    message = std::move(frame.content);
    return true;
  });
  put({.kind = 'S', .schema = reader.schema()});
  while (auto batch = reader.next()) {
    put({.kind = 'B', .batch = std::move(batch)});
    wait_for_room();
  }
  return frame;
}

Frame WorkerOutput::next_frame() {
  while (true) {
    if (auto frame = frames_.take()) return std::move(*frame);
    std::array<pollfd, 2> watched{{{pipe_, POLLIN, 0}, {stopped_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    stop_.check();
    if (!frames_.read(pipe_)) return {kEnded, 0, {}};
  }
}

}  // namespace osiris::python
