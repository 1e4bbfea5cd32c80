#pragma once

#include <optional>

#include "load/target_table.h"
#include "mysql/connection.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

/// A table as the server's catalogue has it; nothing where there is none.
/// Errors: kUser "load.not_a_table" for a view, a sequence and the like.
std::optional<TargetTable> find_table(Connection& connection, const TableName& name);
/// Name, ledger and marks of a table that need not be there yet.
TargetTable named_table(Connection& connection, const TableName& name);

}  // namespace osiris::mysql
