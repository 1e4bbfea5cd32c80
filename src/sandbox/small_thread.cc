#include "sandbox/small_thread.h"

#include <cerrno>

#include "base/error.h"

namespace osiris::sandbox {

SmallThread::SmallThread(std::function<void()> work)
    : work_(std::make_unique<std::function<void()>>(std::move(work))) {
  constexpr std::size_t kStackBytes = 256 << 10;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  const auto run = [](void* given) -> void* {
    (*static_cast<std::function<void()>*>(given))();
    return nullptr;
  };
  const int problem = ::pthread_create(&thread_, &attributes, run, work_.get());
  ::pthread_attr_destroy(&attributes);
  if (problem == 0) return;
  errno = problem;
  throw_errno(ErrorKind::kInternal, "system.thread", "no thread could be made");
}

SmallThread::SmallThread(SmallThread&& other) noexcept = default;

SmallThread::~SmallThread() {
  if (work_) ::pthread_join(thread_, nullptr);
}

}  // namespace osiris::sandbox
