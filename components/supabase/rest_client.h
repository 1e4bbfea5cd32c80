#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"
#include "component/config.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace osiris::supabase {

/// A request to the REST interface; the client adds the project's URL, its key and its schema.
struct RestRequest {
  std::string method = "GET";
  std::string path;  ///< "orders?select=id", percent-encoded
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string_view body{};
  bool is_repeatable = true;  ///< sent twice, it does what it does once
};

/// Whether a key is for programs that anybody can look into: row-level security hides rows from it, and the
/// project's description is not for it.
bool is_public_key(const Secret& key);

/// The REST interface of a project, PostgREST. Single-threaded; passing failures are tried again.
class RestClient {
 public:
  /// The connection must outlive it.
  RestClient(const ConnectionConfig& project, Cancellation& cancellation);
  /// One that tries once and gives up soon after the deadline.
  RestClient(const ConnectionConfig& project, Cancellation& cancellation,
             std::chrono::steady_clock::time_point deadline);

  /// Errors: kUser "connection.public_key", for what nobody else may.
  void require_secret_key() const;
  /// Errors: those of HttpClient::send(); what the server says, by error_of().
  HttpResponse send(const RestRequest& request);

 private:
  RestClient(const ConnectionConfig& project, Cancellation& cancellation, HttpLimits limits,
             const ResendPolicy& policy);

  const ConnectionConfig* project_;
  Cancellation* cancellation_;
  HttpClient http_;
  ResendPolicy policy_;
  std::string base_;
};

/// What an answer that is no success means: the server's code, message, details and hint.
Error error_of(const HttpResponse& response, const ConnectionConfig& project);

/// Of an answer that claims success and is none of a REST interface's, for it "holds no rows".
Error strange_answer(std::string_view flaw);

/// A name as PostgREST wants it in lists of columns, percent-encoded.
std::string column_word(std::string_view name);
/// A value inside of or=(…), percent-encoded.
std::string quoted_value(std::string_view value);

}  // namespace osiris::supabase
