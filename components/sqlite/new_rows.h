#pragma once

#include <string>

#include "load/incremental.h"
#include "sqlite/connection.h"
#include "table/type.h"

namespace osiris::sqlite {

/// Makes the SQL function osiris_moment(text) known: microseconds since 1970-01-01, whatever form of ISO 8601
/// a date or timestamp is written in, so that they sort by time and not by spelling. Errors: kData
/// "query.failed" from the statement where a text is none of them.
void add_moment_function(Connection& connection);

/// The statement that reads what is new. Errors: kUser "incremental.*".
std::string new_rows_statement(const std::string& select, const std::string& from, const Schema& columns,
                               const IncrementalOptions& options, const Window& window);

}  // namespace osiris::sqlite
