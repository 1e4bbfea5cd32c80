#include "net/wake_up.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <sys/eventfd.h>

#include "base/error.h"

namespace osiris {

WakeUp::WakeUp(Cancellation& cancellation) : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!descriptor_.is_open())
    throw_errno(ErrorKind::kInternal, "system.eventfd", "no event descriptor could be made");
  hook_ = cancellation.on_cancel([descriptor = descriptor()] { ::eventfd_write(descriptor, 1); });
}

int remaining_ms(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

}  // namespace osiris
