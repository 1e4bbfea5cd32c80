#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "net/http_client.h"

namespace osiris {

/// Whether the server has surely done nothing of the request, and may be asked again later: 429, 503.
bool is_refused_for_now(const HttpResponse& response);

/// Which requests are sent again, and when.
struct ResendPolicy {
  int attempts = 6;                      ///< in all
  std::chrono::milliseconds first{250};  ///< the first wait; each one after it is twice as long
  std::chrono::milliseconds longest{30'000};
  std::chrono::milliseconds patience{120'000};  ///< the most that Retry-After may ask for
  /// Whether an answer says that nothing was done, though the next try may succeed.
  bool (*is_undone)(const HttpResponse&) = is_refused_for_now;
};

/// Whether the same request may succeed later, though this one may have had its effect: 502, 504, 520 to 524
/// as well.
bool is_passing(const HttpResponse& response);
/// Seconds or a date. Source: RFC 9110, section 10.2.3.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response,
                                                     std::chrono::system_clock::time_point now);

/// Sends a request until it succeeds, fails for good, or the policy's attempts are used up; the last answer
/// or error is then what it is. `is_repeatable`: a second one does no harm where the first had its effect.
/// Errors: those of HttpClient::send().
HttpResponse send_with_retries(HttpClient& client, const HttpRequest& request, const ResendPolicy& policy,
                               bool is_repeatable, Cancellation& cancellation);

}  // namespace osiris
