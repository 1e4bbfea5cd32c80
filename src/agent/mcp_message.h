#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

/// The messages of the Model Context Protocol, in its two forms: the one that begins with a handshake, up to
/// revision 2025-11-25, and the one whose every request says what it needs, from 2026-07-28.
/// Source: modelcontextprotocol.io/specification.
namespace osiris::mcp {

enum class Era { kHandshake, kStateless };

constexpr std::string_view kStatelessVersion = "2026-07-28";
/// Revisions with a handshake, the newest first.
const std::vector<std::string>& handshake_versions();
/// Every revision that the server speaks, the newest first.
std::vector<std::string> supported_versions();

enum Code : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
  kResourceNotFound = -32002,  ///< with a handshake; without one it is kInvalidParams
  kMissingCapability = -32021,
  kUnsupportedVersion = -32022,
};

/// Ends a request with an error of the protocol.
struct Refusal {
  int code;
  std::string message;
  Json data{};
};

constexpr const char* kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* kServerInfoKey = "io.modelcontextprotocol/serverInfo";

std::string result_line(const Json& id, const Json& result);
std::string error_line(const Json& id, const Refusal& refusal);
std::string request_line(const Json& id, const std::string& method, const Json& params);
std::string notification_line(const std::string& method, const Json& params);

/// How deep arrays and objects of a JSON text lie in each other; nothing is said of a text that is none.
std::size_t nesting_depth(std::string_view json);
/// The deepest message that is read: what is deeper would need a stack as deep.
constexpr std::size_t kDeepest = 100;

/// Whether it can be a request's id.
bool is_id(const Json& id);

}  // namespace osiris::mcp
