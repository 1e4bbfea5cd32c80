#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"

namespace osiris::supabase {

/// Work that is done in its order by a thread of its own, a few pieces behind whoever gives it.
template <typename Piece>
class Lane {
 public:
  using Work = std::function<void(Piece&)>;

  explicit Lane(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() {
    stop();
    thread_.join();
  }

  /// Waits for room. Errors: what the work failed with.
  void put(Piece piece) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || pieces_.size() < kPieces; });
    if (failure_) throw Error(*failure_);
    pieces_.push_back(std::move(piece));
    changed_.notify_all();
  }

  /// Drops what has not begun, and waits for what has.
  void stop() {
    std::unique_lock lock(mutex_);
    pieces_.clear();
    is_ended_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !is_busy_; });
  }

  /// Waits until everything is done. Errors: what the work failed with.
  void finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failure_ || (pieces_.empty() && !is_busy_); });
    if (failure_) throw Error(*failure_);
  }

 private:
  static constexpr std::size_t kPieces = 2;

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return is_ended_ || !pieces_.empty(); });
      if (is_ended_ || failure_) return;
      Piece piece = std::move(pieces_.front());
      pieces_.pop_front();
      is_busy_ = true;
      lock.unlock();
      std::optional<Error> failure;
      try {
        work_(piece);
      } catch (const Error& error) {
        failure = error;
      }
      lock.lock();
      failure_ = failure;
      is_busy_ = false;
      changed_.notify_all();
    }
  }

  Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  bool is_ended_ = false, is_busy_ = false;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace osiris::supabase
