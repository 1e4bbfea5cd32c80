#pragma once

#include <string>

#include "load/incremental.h"
#include "mysql/connection.h"

namespace osiris::mysql {

/// The statement of an incremental read. `select` is what the rows are to be, `from` a quoted table or a
/// query in parentheses, `columns` are its. Errors: kUser "incremental.*".
std::string new_rows_statement(const std::string& select, const std::string& from, const Schema& columns,
                               const IncrementalOptions& options, const Window& window,
                               const Connection& connection);

}  // namespace osiris::mysql
