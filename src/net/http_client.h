#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/secret.h"

namespace osiris {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                                               ///< with its query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers{};    ///< name, value
  std::vector<std::pair<std::string, Secret>> secret_headers{};  ///< keys and tokens
  std::string_view body{};                                       ///< of POST, PATCH, PUT
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  bool is_success() const { return status >= 200 && status < 300; }
  /// Empty where the answer has no such header.
  std::string header(const std::string& name) const;
};

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds silence{60'000};  ///< how long no byte may come or go
  std::uint64_t body_bytes = std::uint64_t{256} << 20;
};

/// Sends requests to servers, one after the other, over connections that stay open between them. HTTP/1.1 and
/// HTTPS, the latter with the system's authorities; the proxies of the environment count, redirects do not.
/// Single-threaded; cancel() ends a request at once. The library is loaded when the first client is made.
class HttpClient {
 public:
  /// Errors: kUser "http.no_library".
  HttpClient(HttpLimits limits, Cancellation& cancellation);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  /// Any status is an answer.
  /// Errors: kConnection "connection.unknown_host", "connection.refused", "connection.tls", of which the
  /// server has
  ///         seen nothing; "connection.timeout", "connection.lost", of which it may have seen all; kData
  ///         "http.too_large"; kUser "run.cancelled", "http.invalid_url". No message has a header or a query.
  HttpResponse send(const HttpRequest& request);

  /// Takes a piece of a body; false ends the request, which is then no error.
  using TakePiece = std::function<bool(std::string_view piece)>;
  /// Hands over the body of a successful answer as it comes, however long it is; that of any other answer is
  /// in the response. Errors: as above, and what `take` throws.
  HttpResponse send(const HttpRequest& request, const TakePiece& take);

 private:
  struct Transfer;
  std::unique_ptr<Transfer> transfer_;
};

/// Percent-encodes everything but letters, digits and -._~. Source: RFC 3986, section 2.3.
std::string url_encoded(std::string_view text);

}  // namespace osiris
