#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "component/config.h"

namespace osiris::postgres {

/// What libpq has no SQLSTATE for, in its manner: class 08 is that of connections.
inline constexpr std::string_view kUnreachable = "08001";
inline constexpr std::string_view kBroken = "08006";
inline constexpr std::string_view kNoEncryption = "08TLS";
inline constexpr std::string_view kUnknownHost = "08DNS";
inline constexpr std::string_view kNoPassword = "28P01";
/// The server has one SQLSTATE for statements that took too long and for those that somebody stopped.
inline constexpr std::string_view kStopped = "57014";
inline constexpr std::string_view kTimedOut = "57014:timeout";

/// Turns an error of the server or of its client library into ours: kind, code and hint come from the
/// SQLSTATE; the text follows the message, without the connection's secrets.
///
/// Source: PostgreSQL 15 manual, appendix A, PostgreSQL error codes.
Error server_error(std::string_view sqlstate, const std::string& text, const ConnectionConfig& connection);

}  // namespace osiris::postgres
