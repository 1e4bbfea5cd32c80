#pragma once

#include <optional>
#include <string>

#include "engine/database_file.h"
#include "load/target_table.h"

namespace osiris::duckdb {

/// Nothing where there is no such table. Errors: kUser "load.not_a_table", "query.invalid_table".
std::optional<TargetTable> find_table(DatabaseFile& database, const std::string& name);
/// Name, quoted, ledger and marks only.
TargetTable unmade_table(const std::string& name);

}  // namespace osiris::duckdb
