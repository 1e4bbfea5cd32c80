#include "sandbox/refusal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/call_message.h"

namespace osiris::sandbox {

Refusal refusal_of(const Error& error) {
  static constexpr std::array<std::pair<std::string_view, Refusal>, 15> kRefusals{{
      {"http.bad_request", {400, "invalid_argument"}},
      {"http.too_large", {413, "resource_exhausted"}},
      {"sandbox.invalid_argument", {400, "invalid_argument"}},
      {"sandbox.failed_precondition", {400, "failed_precondition"}},
      {"sandbox.unauthenticated", {401, "unauthenticated"}},
      {"sandbox.permission_denied", {403, "permission_denied"}},
      {"sandbox.not_found", {404, "not_found"}},
      {"sandbox.already_exists", {409, "already_exists"}},
      {"sandbox.resource_exhausted", {429, "resource_exhausted"}},
      {"sandbox.unimplemented", {501, "unimplemented"}},
      {"sandbox.unavailable", {503, "unavailable"}},
      {"sandbox.deadline_exceeded", {504, "deadline_exceeded"}},
      {"file.disk_full", {507, "resource_exhausted"}},
      {"file.not_found", {404, "not_found"}},
      {"file.is_directory", {400, "invalid_argument"}},
  }};
  const auto* const found = std::ranges::find(kRefusals, std::string_view(error.code()),
                                              &std::pair<std::string_view, Refusal>::first);
  return found == kRefusals.end() ? Refusal{500, "internal"} : found->second;
}

std::string refusal_json(int status, std::string_view message) {
  return message_text({{"code", status}, {"message", message}});
}

std::string_view reason_of(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 27> kReasons{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {421, "Misdirected Request"},
      {429, "Too Many Requests"},
      {499, "Client Closed Request"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {507, "Insufficient Storage"},
  }};
  const auto* const found = std::ranges::find(kReasons, status, &std::pair<int, std::string_view>::first);
  return found == kReasons.end() ? "Status" : found->second;
}

}  // namespace osiris::sandbox
