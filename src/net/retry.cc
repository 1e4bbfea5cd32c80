#include "net/retry.h"

#include <algorithm>
#include <ctime>
#include <random>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

using std::chrono::milliseconds;

/// Between half and all of it, so that many clients do not come back at the same moment.
milliseconds jittered(milliseconds delay) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return delay / 2 + milliseconds(std::uniform_int_distribution<std::int64_t>(0, delay.count() / 2)(random));
}

/// Whether the server has seen nothing of a request that failed so.
bool was_not_sent(const Error& error) { return error.code() == "connection.refused"; }

}  // namespace

bool is_refused_for_now(const HttpResponse& response) {
  return response.status == 429 || response.status == 503;
}

bool is_passing(const HttpResponse& response) {
  return is_refused_for_now(response) || response.status == 502 || response.status == 504 ||
         (response.status >= 520 && response.status <= 524);
}

std::optional<milliseconds> retry_after(const HttpResponse& response,
                                        std::chrono::system_clock::time_point now) {
  const std::string value = response.header("retry-after");
  if (const auto seconds = parse_integer(value); seconds && *seconds >= 0)
    return milliseconds(*seconds * 1000);
  std::tm time{};
  if (strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr) return std::nullopt;
  const auto then = std::chrono::system_clock::from_time_t(timegm(&time));
  return std::max(std::chrono::ceil<milliseconds>(then - now), milliseconds(0));
}

HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const ResendPolicy& policy,
                               bool is_repeatable, Cancellation& cancellation) {
  milliseconds delay = policy.first;
  for (int attempt = 1;; ++attempt, delay = std::min(2 * delay, policy.longest)) {
    const bool is_last = attempt == policy.attempts;
    milliseconds pause = jittered(delay);
    try {
      HttpResponse response = client.send(request);
      const bool is_for_now = policy.is_undone(response) || (is_repeatable && is_passing(response));
      if (is_last || !is_for_now) return response;
      if (const auto asked = retry_after(response, std::chrono::system_clock::now())) {
        if (*asked > policy.patience) return response;
        pause = std::max(pause, *asked);
      }
    } catch (const Error& error) {
      if (is_last || !error.is_retryable() || !(is_repeatable || was_not_sent(error))) throw;
    }
    if (!wait_for(pause, cancellation)) cancellation.check();
  }
}

}  // namespace osiris
