#include "llm/complaint.h"

#include "base/text.h"

namespace osiris::llm {

namespace {

constexpr std::size_t kMostCharacters = 300;

}  // namespace

Complaint::Cause cause_of_status(int status) {
  using Cause = Complaint::Cause;
  if (status == 401 || status == 403) return Cause::kKey;
  if (status == 402) return Cause::kQuota;
  if (status == 404) return Cause::kModel;
  if (status == 429) return Cause::kRate;
  if (status == 408 || status == 409 || status >= 500) return Cause::kServer;
  return Cause::kRequest;
}

Error error_of(const Complaint& complaint, const Endpoint& endpoint) {
  const std::string words = shortened(without_secret(complaint.message, endpoint.key), kMostCharacters);
  const std::string told = words.empty() ? "" : cat(": ", words);
  const std::string who = cat("the provider '", endpoint.provider, "'");
  switch (complaint.cause) {
    case Complaint::Cause::kKey:
      return {ErrorKind::kConnection, "llm.wrong_key", cat(who, " refuses the key", told),
              cat("check ", endpoint.key_name)};
    case Complaint::Cause::kModel:
      return {ErrorKind::kUser, "llm.unknown_model",
              cat(who, " has no model '", endpoint.model, "' at ", endpoint.base_url, told),
              "set llm.model in osiris.yaml"};
    case Complaint::Cause::kRate: {
      const std::string when =
          complaint.wait ? cat(" (again in ", human_duration(complaint.wait->count()), ")") : "";
      return Error(ErrorKind::kConnection, "llm.rate_limited", cat(who, " wants fewer requests", when, told),
                   "wait, then ask again")
          .retryable();
    }
    case Complaint::Cause::kQuota:
      return {ErrorKind::kConnection, "llm.quota_exhausted", cat("the quota is used up", told),
              "see the billing page of the provider, or choose another in osiris.yaml"};
    case Complaint::Cause::kServer:
      return Error(ErrorKind::kConnection, "llm.unavailable", cat(who, " cannot answer now", told),
                   "ask again later")
          .retryable();
    case Complaint::Cause::kRequest:
      break;
  }
  return {ErrorKind::kUser, "llm.request_refused", cat(who, " refuses the request", told),
          "begin a new conversation, or choose another model in osiris.yaml"};
}

Json object_of(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_object()) return Json::object();
  return object[name];
}

}  // namespace osiris::llm
