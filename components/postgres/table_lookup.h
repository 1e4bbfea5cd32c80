#pragma once

#include <optional>
#include <string>

#include "load/target_table.h"
#include "postgres/connection.h"

namespace osiris::postgres {

/// Looks a table up as the server's catalog has it: "schema.table", or "table" in the first schema of the
/// search path that has it. Names are exact. Nothing where there is none.
///
/// Errors: kUser "load.not_a_table" for what takes no rows by COPY, such as a view.
std::optional<TargetTable> find_table(Connection& connection, const std::string& name);

/// The names of a table that is not there; without a schema in the first one of the search path.
TargetTable unmade_table(Connection& connection, const std::string& name);

}  // namespace osiris::postgres
