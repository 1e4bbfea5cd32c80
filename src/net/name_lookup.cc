#include "net/name_lookup.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <netdb.h>

namespace osiris {

namespace {

/// What a lookup and whoever waits for it share. The lookup may be the last to let go of it.
struct Answer {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<bool> is_found;
};

void ask(const std::string& host, Answer& answer) {
  addrinfo* addresses = nullptr;
  const bool is_found = getaddrinfo(host.c_str(), nullptr, nullptr, &addresses) == 0;
  if (is_found) freeaddrinfo(addresses);
  const std::lock_guard lock(answer.mutex);
  answer.is_found = is_found;
  answer.changed.notify_all();
}

}  // namespace

NameLookup look_up(const std::string& host, std::chrono::steady_clock::time_point deadline,
                   Cancellation& cancellation) {
  const auto answer = std::make_shared<Answer>();
  const auto hook = cancellation.on_cancel([answer] {
    const std::lock_guard lock(answer->mutex);
    answer->changed.notify_all();
  });
  // Nothing can call a lookup back; one that is not waited for ends by itself.
  std::thread([host, answer] { ask(host, *answer); }).detach();
  std::unique_lock lock(answer->mutex);
  answer->changed.wait_until(lock, deadline, [&] { return answer->is_found || cancellation.is_cancelled(); });
  if (!answer->is_found) return NameLookup::kTimedOut;
  return *answer->is_found ? NameLookup::kFound : NameLookup::kUnknown;
}

}  // namespace osiris
