#pragma once

#include <string>

#include "base/error.h"
#include "component/config.h"

namespace osiris::mysql {

/// Turns an error of the server or of its client library into ours: kind, code and hint come from the
/// number; the text follows the message, without the connection's secrets.
///
/// Source: MariaDB Server error codes (1000 to 1999 and 3000 up), Connector/C client errors (2000 to 2999).
Error server_error(unsigned number, const std::string& text, const ConnectionConfig& connection);

}  // namespace osiris::mysql
