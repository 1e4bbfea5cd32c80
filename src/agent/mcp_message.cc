#include "agent/mcp_message.h"

#include <algorithm>

namespace osiris::mcp {

namespace {

std::string line_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

const std::vector<std::string>& handshake_versions() {
  static const std::vector<std::string> kVersions{"2025-11-25", "2025-06-18"};
  return kVersions;
}

std::vector<std::string> supported_versions() {
  std::vector<std::string> versions{std::string(kStatelessVersion)};
  versions.insert(versions.end(), handshake_versions().begin(), handshake_versions().end());
  return versions;
}

std::string result_line(const Json& id, const Json& result) {
  return line_of({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
}

std::string error_line(const Json& id, const Refusal& refusal) {
  Json error{{"code", refusal.code}, {"message", refusal.message}};
  if (!refusal.data.is_null()) error["data"] = refusal.data;
  return line_of({{"jsonrpc", "2.0"}, {"id", id}, {"error", error}});
}

std::string request_line(const Json& id, const std::string& method, const Json& params) {
  return line_of({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
}

std::string notification_line(const std::string& method, const Json& params) {
  return line_of({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

std::size_t nesting_depth(std::string_view json) {
  std::size_t depth = 0, deepest = 0;
  bool is_in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (is_in_string && c == '\\') {
      ++at;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!is_in_string && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

bool is_id(const Json& id) { return id.is_string() || id.is_number_integer(); }

}  // namespace osiris::mcp
