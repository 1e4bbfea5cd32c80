#pragma once

#include <memory>
#include <optional>
#include <string>

#include "component/component.h"
#include "load/load_target.h"
#include "load/table_match.h"
#include "sqlite/connection.h"

namespace osiris::sqlite {

/// One prepared INSERT, stepped once a row. A row that SQLite refuses goes to the policy alone: the statement
/// undoes itself, and the transaction goes on.
std::unique_ptr<RowSink> open_insert_sink(Connection& connection, Context& context, const std::string& table,
                                          const Schema& schema, const TableMatch& match,
                                          std::optional<std::uint64_t> first_staged_row, RowPolicy& policy);

}  // namespace osiris::sqlite
