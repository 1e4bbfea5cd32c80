#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>

namespace osiris {

/// One request to stop, shared by everything that works on one run or one branch of it. Thread-safe.
///
/// Whoever waits in a system call registers a hook that makes the call return (closing a socket's
/// traffic, waking a condition variable); whoever loops asks is_cancelled() once a batch.
class Cancellation {
 public:
  /// Undoes a registration when it goes; a hook never runs after that.
  class Hook {
   public:
    Hook() = default;
    Hook(Hook&& other) noexcept;
    Hook& operator=(Hook&& other) noexcept;
    ~Hook();

   private:
    friend class Cancellation;
    Cancellation* owner_ = nullptr;
    std::list<std::function<void()>>::iterator at_;
    void release();
  };

  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  bool is_cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  /// Runs every hook once, in the caller's thread. Later calls do nothing.
  void cancel();
  /// Runs `wake` when cancel() is called; at once where that has happened already.
  [[nodiscard]] Hook on_cancel(std::function<void()> wake);
  /// Throws kUser "run.cancelled" after cancel().
  void check() const;

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::list<std::function<void()>> hooks_;
};

/// Waits; false where it was cancelled.
bool wait_for(std::chrono::milliseconds delay, Cancellation& cancellation);

}  // namespace osiris
