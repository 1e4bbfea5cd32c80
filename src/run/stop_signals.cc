#include "run/stop_signals.h"

#include <csignal>
#include <ctime>

namespace osiris {

namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

StopSignals::StopSignals(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)) {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& stop) {
    const sigset_t waited = stop_set();
    constexpr timespec kPatience{0, 50'000'000};
    while (!stop.stop_requested()) {
      const int signal = sigtimedwait(&waited, nullptr, &kPatience);
      if (signal <= 0) continue;
      int none = 0;
      received_.compare_exchange_strong(none, signal);
      on_signal_(signal);
    }
  });
}

StopSignals::~StopSignals() {
  waiter_.request_stop();
  waiter_.join();
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace osiris
