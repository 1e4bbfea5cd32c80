#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace osiris::sandbox {

/// What a process says, on its way to everybody who listens: each gets every frame from the moment on in
/// which it began to. Thread-safe.
///
/// A listener's queue is bounded; while one is full, the process is not read from, and stalls when its pipe
/// is full too. With no listener what it says is thrown away, unless `blocks_unattended`: then it waits for
/// one.
class ProcessOutput {
 public:
  /// A frame is encoded once and shared by all queues; it never changes.
  using Frame = std::shared_ptr<const std::string>;
  /// Source: E2B's envd, whose queues have 64 places.
  static constexpr std::size_t kMostQueued = 64;

  /// One listener; it stops listening when it goes.
  class Subscription {
   public:
    explicit Subscription(ProcessOutput& output);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

    /// All frames that are there, waiting for the first one until the deadline, a wake_all() or the end.
    std::vector<Frame> take(std::chrono::steady_clock::time_point deadline);
    /// The process has ended and every frame was taken.
    bool is_finished() const;

   private:
    friend class ProcessOutput;
    ProcessOutput& output_;
    std::list<std::deque<Frame>>::iterator queue_;
  };

  /// `on_room` is called, by any thread, when has_room() may have become true.
  ProcessOutput(bool blocks_unattended, std::function<void()> on_room)
      : blocks_unattended_(blocks_unattended), on_room_(std::move(on_room)) {}

  /// Whether a frame may be published now.
  bool has_room() const;
  void publish(std::string frame);
  /// Publishes the last frame, whatever room there is.
  void finish(std::string frame);
  /// Makes every waiting take() return.
  void wake_all();
  /// The last frame, where there is one.
  Frame last() const;

 private:
  bool has_room_locked() const;

  const bool blocks_unattended_;
  const std::function<void()> on_room_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::deque<Frame>> queues_;
  Frame last_;
  std::uint64_t wake_count_ = 0;
};

}  // namespace osiris::sandbox
