#pragma once

#include <string>
#include <vector>

#include "load/load_target.h"
#include "load/table_match.h"

namespace osiris::mysql {

/// The statements of a merge. The staging table has the load's key as its primary key, in the target's own
/// collations, so that each key is there once: with its last row.
struct MergeSql {
  std::string count;   ///< SELECT of the number of staged keys
  std::string update;  ///< changes the rows that differ; empty where there is nothing but the key
  std::string insert;  ///< adds the rows whose key is not there
};

/// CREATE TEMPORARY TABLE, with `_osiris_row`.
std::string create_staging_sql(const std::string& staging, const TargetTable& table, const TableMatch& match,
                               const std::vector<std::string>& key);
MergeSql merge_sql(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                   const Staging& staging);
std::string delete_missing_sql(const TargetTable& table, const LoadOptions& options, const Staging& staging);

}  // namespace osiris::mysql
