#include "run/stop_signals.h"

#include <array>
#include <csignal>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"

namespace osiris {

namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void StopSignals::block() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopSignals::StopSignals(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)) {
  block();
  const sigset_t set = stop_set();
  signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC));
  wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC));
  invariant(signals_.is_open() && wake_.is_open(), "the system gives descriptors for signals");
  waiter_ = std::thread([this] { wait(); });
}

void StopSignals::wait() {
  std::array<pollfd, 2> waited{{{signals_.descriptor(), POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}}};
  for (;;) {
    if (::poll(waited.data(), waited.size(), -1) < 0) continue;
    if (waited[1].revents != 0) return;
    signalfd_siginfo facts{};
    if (::read(signals_.descriptor(), &facts, sizeof facts) != sizeof facts) continue;
    const int signal = static_cast<int>(facts.ssi_signo);
    int none = 0;
    received_.compare_exchange_strong(none, signal);
    on_signal_(signal);
  }
}

StopSignals::~StopSignals() {
  ::eventfd_write(wake_.descriptor(), 1);
  waiter_.join();
  // A second Ctrl-C that came too late must not kill what is left to write.
  const sigset_t set = stop_set();
  constexpr timespec kNoTime{0, 0};
  while (sigtimedwait(&set, nullptr, &kNoTime) > 0) {
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace osiris
