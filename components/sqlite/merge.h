#pragma once

#include "load/load_target.h"
#include "load/table_match.h"
#include "sqlite/connection.h"

namespace osiris::sqlite {

/// As LoadTarget::merge() and delete_missing(). Errors: kData "load.null_key", and those of the rows.
MergeCounts merge_staged(Connection& connection, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging);
std::uint64_t delete_missing_rows(Connection& connection, const TargetTable& table,
                                  const LoadOptions& options, const Staging& staging);

}  // namespace osiris::sqlite
