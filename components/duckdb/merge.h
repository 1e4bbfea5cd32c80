#pragma once

#include "engine/database_file.h"
#include "load/load_target.h"
#include "load/table_match.h"

namespace osiris::duckdb {

/// As LoadTarget::merge() and delete_missing(). Errors: kData "load.null_key", and those of the rows.
MergeCounts merge_staged(DatabaseFile& database, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging);
std::uint64_t delete_missing_rows(DatabaseFile& database, const TargetTable& table,
                                  const LoadOptions& options, const Staging& staging);

}  // namespace osiris::duckdb
