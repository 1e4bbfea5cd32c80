#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "base/descriptor.h"

namespace osiris {

/// Turns SIGINT, SIGTERM and SIGHUP into a call while it lives. The signals are blocked in the whole process,
/// so it is made before any other thread.
class StopSignals {
 public:
  explicit StopSignals(std::function<void(int signal)> on_signal);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Keeps the signals from the threads that are made from now on, for an object that is made later.
  static void block();
  /// The first signal that came; 0 for none.
  int received() const { return received_; }

 private:
  void wait();

  Descriptor signals_;  ///< descriptor that becomes readable when a signal came
  Descriptor wake_;     ///< descriptor that becomes readable when the object goes
  std::atomic<int> received_{0};
  std::function<void(int)> on_signal_;
  std::thread waiter_;
};

}  // namespace osiris
