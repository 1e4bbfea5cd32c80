#pragma once

#include <functional>
#include <memory>

#include <pthread.h>

namespace osiris::sandbox {

/// A thread with a stack of 256 KiB instead of the system's 8 MiB, joined with the object: there is one for
/// each connection, and where memory is limited by address space each stack counts in full.
class SmallThread {
 public:
  /// Nothing may leave `work`. Errors: kInternal "system.thread".
  explicit SmallThread(std::function<void()> work);
  SmallThread(SmallThread&& other) noexcept;
  SmallThread& operator=(SmallThread&&) = delete;
  ~SmallThread();

 private:
  std::unique_ptr<std::function<void()>> work_;
  pthread_t thread_{};
};

}  // namespace osiris::sandbox
