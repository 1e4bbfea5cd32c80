#pragma once

#include <chrono>

#include "base/cancellation.h"
#include "base/descriptor.h"

namespace osiris {

/// A descriptor that poll() finds readable once cancel() was called.
class WakeUp {
 public:
  /// Errors: kInternal "system.eventfd".
  explicit WakeUp(Cancellation& cancellation);
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  int descriptor() const { return descriptor_.descriptor(); }

 private:
  Descriptor descriptor_;
  Cancellation::Hook hook_;  // goes first, for it writes to the descriptor
};

/// Milliseconds until the deadline as poll() takes them, rounded up; 0 where it has passed.
int remaining_ms(std::chrono::steady_clock::time_point deadline);

}  // namespace osiris
