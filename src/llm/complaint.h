#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "llm/endpoint.h"
#include "net/http_client.h"

namespace osiris::llm {

/// What a provider says in place of an answer.
struct Complaint {
  enum class Cause { kKey, kModel, kRate, kQuota, kServer, kRequest };

  Cause cause = Cause::kRequest;
  std::string message;                              ///< the provider's own words
  std::optional<std::chrono::milliseconds> wait{};  ///< when to ask again
};

/// The cause that a status has with every provider.
Complaint::Cause cause_of_status(int status);

/// Errors: kConnection "llm.wrong_key", "llm.quota_exhausted"; retryable "llm.rate_limited",
/// "llm.unavailable"; kUser "llm.unknown_model", "llm.request_refused".
Error error_of(const Complaint& complaint, const Endpoint& endpoint);

/// A complaint on its way through a reader of answers.
struct Complained {
  Complaint complaint;
};

/// A member that is an object, or an empty one.
Json object_of(const Json& object, const char* name);

}  // namespace osiris::llm
