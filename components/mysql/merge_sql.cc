#include "mysql/merge_sql.h"

#include <algorithm>

#include "base/text.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

namespace {

using Names = std::vector<std::string>;

std::string column_of(std::string_view table, std::string_view column) {
  return cat(table, ".", quoted_name(column));
}

bool is_key(const LoadOptions& options, const std::string& column) {
  return std::ranges::any_of(options.primary_key,
                             [&](const std::string& key) { return to_lower(key) == to_lower(column); });
}

/// The table's rows and the staged ones with the same keys.
std::string same_key(const LoadOptions& options) {
  Names pairs;
  for (const std::string& key : options.primary_key) {
    pairs.push_back(cat(column_of("t", key), " = ", column_of("s", key)));
  }
  return join(pairs, " AND ");
}

std::string in_range(const Staging& staging) {
  return cat("s._osiris_row >= ", staging.begin, " AND s._osiris_row < ", staging.end);
}

/// The server leaves a row alone, and does not count it, when no byte of it would change.
std::string update_sql(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                       const Staging& staging) {
  Names changes;
  for (const MatchedColumn& column : match.columns) {
    const std::string& name = column.target.name;
    if (!is_key(options, name)) changes.push_back(cat(column_of("t", name), " = ", column_of("s", name)));
  }
  const bool comes_back = options.delete_missing == DeleteMissing::kSoft;
  if (comes_back) changes.push_back(cat(column_of("t", options.deleted_at), " = NULL"));
  if (changes.empty()) return {};
  return cat("UPDATE ", table.quoted, " AS t JOIN ", staging.quoted, " AS s ON ", same_key(options), " SET ",
             join(changes, ", "), " WHERE ", in_range(staging));
}

std::string insert_sql(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                       const Staging& staging) {
  Names names, values;
  for (const MatchedColumn& column : match.columns) {
    names.push_back(quoted_name(column.target.name));
    values.push_back(column_of("s", column.target.name));
  }
  return cat("INSERT INTO ", table.quoted, " (", join(names, ", "), ") SELECT ", join(values, ", "), " FROM ",
             staging.quoted, " AS s LEFT JOIN ", table.quoted, " AS t ON ", same_key(options), " WHERE ",
             column_of("t", options.primary_key.front()), " IS NULL AND ", in_range(staging));
}

}  // namespace

std::string create_staging_sql(const std::string& staging, const TargetTable& table, const TableMatch& match,
                               const std::vector<std::string>& key) {
  Names columns, keys;
  for (const MatchedColumn& column : match.columns) columns.push_back(quoted_name(column.target.name));
  for (const std::string& name : key) keys.push_back(quoted_name(name));
  return cat("CREATE TEMPORARY TABLE ", staging,
             " (_osiris_row BIGINT UNSIGNED NOT NULL DEFAULT 0, PRIMARY KEY (", join(keys, ", "),
             ")) ENGINE=InnoDB SELECT ", join(columns, ", "), " FROM ", table.quoted, " WHERE FALSE");
}

MergeSql merge_sql(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                   const Staging& staging) {
  return {cat("SELECT COUNT(*) FROM ", staging.quoted, " AS s WHERE ", in_range(staging)),
          update_sql(table, match, options, staging), insert_sql(table, match, options, staging)};
}

std::string delete_missing_sql(const TargetTable& table, const LoadOptions& options, const Staging& staging) {
  const std::string missing =
      cat(table.quoted, " AS t LEFT JOIN ", staging.quoted, " AS s ON ", same_key(options));
  const std::string no_row = cat(column_of("s", options.primary_key.front()), " IS NULL");
  if (options.delete_missing == DeleteMissing::kHard) {
    return cat("DELETE t FROM ", missing, " WHERE ", no_row);
  }
  const std::string mark = column_of("t", options.deleted_at);
  return cat("UPDATE ", missing, " SET ", mark, " = CURRENT_TIMESTAMP(6) WHERE ", no_row, " AND ", mark,
             " IS NULL");
}

}  // namespace osiris::mysql
