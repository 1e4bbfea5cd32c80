#pragma once

#include <optional>
#include <string>

#include "load/target_table.h"
#include "sqlite/connection.h"

namespace osiris::sqlite {

/// Nothing where there is no such table. Errors: kUser "load.not_a_table".
std::optional<TargetTable> find_table(Connection& connection, const std::string& name);
/// Name, quoted, ledger and marks only.
TargetTable unmade_table(const std::string& name);

/// The collation by which a column compares: "BINARY", "NOCASE".
std::string collation_of(Connection& connection, const std::string& table, const std::string& column);

}  // namespace osiris::sqlite
