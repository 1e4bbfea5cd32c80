#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace osiris::sandbox {

/// What a peer sent as JSON; discarded where it is none.
/// Errors: kUser "sandbox.invalid_argument" where it is nested deeper than any message.
Json parse_peer_json(std::string_view text);

/// A message of a call, as JSON has the messages of proto3: what is left out, or null, is empty, 0 or false,
/// what is not known is read over, and a number may be a string.
///
/// Errors of every member: kUser "sandbox.invalid_argument" where a field has another type than it is asked
/// for.
class CallMessage {
 public:
  /// Errors: kUser "sandbox.invalid_argument" where it is no JSON object.
  static CallMessage parse(std::string_view text);
  /// Requires: an object. Errors: as parse().
  explicit CallMessage(Json json);

  bool has(const char* key) const;
  std::string text(const char* key) const;
  bool flag(const char* key) const;
  std::int64_t number(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  std::map<std::string, std::string> texts_by_name(const char* key) const;
  /// An empty one where it is left out.
  CallMessage message(const char* key) const;

 private:
  const Json* find(const char* key) const;

  Json json_;
};

/// A message in one line; what is no UTF-8 in it, as a file's name may be, is replaced.
std::string message_text(const Json& message);

}  // namespace osiris::sandbox
