#pragma once

#include <string>

#include "base/error.h"
#include "component/config.h"

namespace osiris::sqlite {

/// What an extended result code means; `text` is SQLite's own.
Error database_error(int status, const std::string& text, const ConnectionConfig& connection);

}  // namespace osiris::sqlite
