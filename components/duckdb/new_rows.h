#pragma once

#include <string>

#include "load/incremental.h"
#include "table/type.h"

namespace osiris::duckdb {

/// The statement that reads what is new of the rows of another one. Errors: kUser "incremental.*".
std::string new_rows_statement(const std::string& statement, const Schema& columns,
                               const IncrementalOptions& options, const Window& window);

}  // namespace osiris::duckdb
