#include "base/cancellation.h"

#include <condition_variable>

#include "base/error.h"

namespace osiris {

Cancellation::Hook::Hook(Hook&& other) noexcept : owner_(other.owner_), at_(other.at_) {
  other.owner_ = nullptr;
}

Cancellation::Hook& Cancellation::Hook::operator=(Hook&& other) noexcept {
  if (this == &other) return *this;
  release();
  owner_ = other.owner_;
  at_ = other.at_;
  other.owner_ = nullptr;
  return *this;
}

Cancellation::Hook::~Hook() { release(); }

void Cancellation::Hook::release() {
  if (owner_ == nullptr) return;
  const std::lock_guard lock(owner_->mutex_);
  owner_->hooks_.erase(at_);
  owner_ = nullptr;
}

void Cancellation::cancel() {
  const std::lock_guard lock(mutex_);
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  for (const auto& wake : hooks_) wake();
}

Cancellation::Hook Cancellation::on_cancel(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  Hook hook;
  hook.owner_ = this;
  hook.at_ = hooks_.insert(hooks_.end(), std::move(wake));
  if (is_cancelled()) (*hook.at_)();
  return hook;
}

void Cancellation::check() const {
  if (is_cancelled()) throw Error(ErrorKind::kUser, "run.cancelled", "the run was cancelled");
}

bool wait_for(std::chrono::milliseconds delay, Cancellation& cancellation) {
  std::mutex mutex;
  std::condition_variable woken;
  const auto hook = cancellation.on_cancel([&] {
    const std::lock_guard lock(mutex);
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  return !woken.wait_for(lock, delay, [&] { return cancellation.is_cancelled(); });
}

}  // namespace osiris
