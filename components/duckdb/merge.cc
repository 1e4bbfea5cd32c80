#include "duckdb/merge.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/connection.h"

namespace osiris::duckdb {

namespace {

using Names = std::vector<std::string>;

/// Each name behind a prefix.
std::string listed(const Names& names, std::string_view prefix, std::string_view suffix = "",
                   std::string_view separator = ", ") {
  Names items;
  for (const std::string& name : names) items.push_back(cat(prefix, name, suffix));
  return join(items, separator);
}

std::uint64_t count_of(const std::optional<std::string>& cell) {
  return static_cast<std::uint64_t>(parse_integer(cell.value_or("0")).value_or(0));
}

/// The parts that the statements of one merge share.
class Merge {
 public:
  Merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options, const Staging& staging)
      : table_(table), options_(options), staging_(staging) {
    for (const std::string& key : options.primary_key) keys_.push_back(quoted_name(key));
    for (const MatchedColumn& column : match.columns) {
      columns_.push_back(quoted_name(column.target.name));
      if (!is_key(column.target.name)) values_.push_back(columns_.back());
    }
  }

  /// How many rows are staged, and the first one without a whole key.
  std::string survey() const {
    return cat("SELECT count(*), min(s._osiris_row) FILTER (WHERE ", listed(keys_, "s.", " IS NULL", " OR "),
               ") FROM ", staging_.quoted, " s WHERE ", in_range());
  }

  /// Of rows with the same key only the last one stays.
  std::string remove_duplicates() const {
    return cat("DELETE FROM ", staging_.quoted,
               " WHERE _osiris_row IN (SELECT _osiris_row FROM (SELECT _osiris_row, "
               "row_number() OVER (PARTITION BY ",
               listed(keys_, "s."), " ORDER BY s._osiris_row DESC) AS place FROM ", staging_.quoted,
               " s WHERE ", in_range(), ") WHERE place > 1)");
  }

  /// Empty where a row that is there has nothing to change.
  std::string update() const {
    Names changes, differences;
    for (const std::string& value : values_) {
      changes.push_back(cat(value, " = s.", value));
      differences.push_back(cat("t.", value, " IS DISTINCT FROM s.", value));
    }
    if (options_.delete_missing == DeleteMissing::kSoft) {
      const std::string deleted_at = quoted_name(options_.deleted_at);
      changes.push_back(cat(deleted_at, " = NULL"));
      differences.push_back(cat("t.", deleted_at, " IS NOT NULL"));
    }
    if (changes.empty()) return {};
    return cat("UPDATE ", table_.quoted, " AS t SET ", join(changes, ", "), " FROM ", staging_.quoted,
               " AS s WHERE ", same_key(), " AND (", join(differences, " OR "), ") AND ", in_range());
  }

  std::string insert() const {
    return cat("INSERT INTO ", table_.quoted, " (", listed(columns_, ""), ") SELECT ", listed(columns_, "s."),
               " FROM ", staging_.quoted, " AS s WHERE ", in_range(), " AND NOT EXISTS (SELECT 1 FROM ",
               table_.quoted, " AS t WHERE ", same_key(), ") ORDER BY s._osiris_row");
  }

  std::string delete_missing() const {
    const std::string is_missing =
        cat("NOT EXISTS (SELECT 1 FROM ", staging_.quoted, " AS s WHERE ", same_key(), ")");
    if (options_.delete_missing == DeleteMissing::kHard) {
      return cat("DELETE FROM ", table_.quoted, " AS t WHERE ", is_missing);
    }
    const std::string deleted_at = quoted_name(options_.deleted_at);
    return cat("UPDATE ", table_.quoted, " AS t SET ", deleted_at, " = now() WHERE t.", deleted_at,
               " IS NULL AND ", is_missing);
  }

 private:
  bool is_key(const std::string& column) const {
    return std::ranges::any_of(options_.primary_key,
                               [&](const std::string& key) { return to_lower(key) == to_lower(column); });
  }
  std::string in_range() const {
    return cat("s._osiris_row >= ", staging_.begin, " AND s._osiris_row < ", staging_.end);
  }
  std::string same_key() const {
    Names pairs;
    for (const std::string& key : keys_) pairs.push_back(cat("t.", key, " = s.", key));
    return join(pairs, " AND ");
  }

  const TargetTable& table_;
  const LoadOptions& options_;
  const Staging& staging_;
  Names columns_, keys_, values_;  ///< quoted
};

}  // namespace

MergeCounts merge_staged(DatabaseFile& database, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging) {
  const Merge merge(table, match, options, staging);
  const auto survey = database.rows(merge.survey()).front();
  if (survey[1]) {
    throw Error(ErrorKind::kData, "load.null_key",
                cat("row ", count_of(survey[1]) + 1, " has no value in a column of primary_key: '",
                    join(options.primary_key, ", "), "'"),
                "leave the row out in the query, or take a key that is always there");
  }
  const std::uint64_t distinct = count_of(survey[0]) - database.run(merge.remove_duplicates());
  MergeCounts counts;
  if (const std::string update = merge.update(); !update.empty()) counts.updated = database.run(update);
  counts.inserted = database.run(merge.insert());
  counts.unchanged = distinct - counts.inserted - counts.updated;
  return counts;
}

std::uint64_t delete_missing_rows(DatabaseFile& database, const TargetTable& table,
                                  const LoadOptions& options, const Staging& staging) {
  const TableMatch no_columns;
  return database.run(Merge(table, no_columns, options, staging).delete_missing());
}

}  // namespace osiris::duckdb
