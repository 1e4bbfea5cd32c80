#pragma once

#include "load/load_target.h"
#include "load/table_match.h"
#include "postgres/connection.h"

namespace osiris::postgres {

/// Merges the staged rows into the table, by the key; see LoadTarget::merge().
///
/// Errors: kData "load.null_key" for a staged row without a whole key.
MergeCounts merge_staged(Connection& connection, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging);

/// Deletes or marks the table's rows whose keys no staged row has, and counts them.
std::uint64_t delete_missing_rows(Connection& connection, const TargetTable& table,
                                  const LoadOptions& options, const Staging& staging);

}  // namespace osiris::postgres
