#pragma once

#include <string>

#include "load/incremental.h"
#include "postgres/column.h"
#include "postgres/connection.h"

namespace osiris::postgres {

/// The statement of an incremental read. `from` is a quoted table or a query in parentheses, `columns` are
/// its. Errors: kUser "incremental.*".
std::string new_rows_statement(const std::string& from, const std::vector<ColumnPlan>& columns,
                               const IncrementalOptions& options, const Window& window,
                               const Connection& connection);

}  // namespace osiris::postgres
