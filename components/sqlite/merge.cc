#include "sqlite/merge.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sqlite {

namespace {

using Names = std::vector<std::string>;

/// Each name behind a prefix.
std::string listed(const Names& names, std::string_view prefix, std::string_view separator = ", ") {
  Names items;
  for (const std::string& name : names) items.push_back(cat(prefix, name));
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
    return cat("SELECT count(*), min(CASE WHEN ", listed(nulls(), "", " OR "),
               " THEN s._osiris_row END) FROM ", staging_.quoted, " s WHERE ", in_range());
  }

  /// Of rows with the same key only the last one stays.
  std::string remove_duplicates() const {
    return cat("DELETE FROM ", staging_.quoted, " AS s WHERE ", in_range(), " AND EXISTS (SELECT 1 FROM ",
               staging_.quoted, " AS later WHERE ", same_key("later"),
               " AND later._osiris_row > s._osiris_row AND later._osiris_row < ", staging_.end, ")");
  }

  /// Empty where a row that is there has nothing to change.
  std::string update() const {
    Names changes, differences;
    for (const std::string& value : values_) {
      changes.push_back(cat(value, " = s.", value));
      // By value and by storage class, for 1 and 1.0 are equal and not the same.
      differences.push_back(cat("t.", value, " IS NOT s.", value, " COLLATE BINARY OR typeof(t.", value,
                                ") <> typeof(s.", value, ")"));
    }
    if (options_.delete_missing == DeleteMissing::kSoft) {
      const std::string deleted_at = quoted_name(options_.deleted_at);
      changes.push_back(cat(deleted_at, " = NULL"));
      differences.push_back(cat("t.", deleted_at, " IS NOT NULL"));
    }
    if (changes.empty()) return {};
    return cat("UPDATE ", table_.quoted, " AS t SET ", join(changes, ", "), " FROM ", staging_.quoted,
               " AS s WHERE ", same_key("t"), " AND (", join(differences, " OR "), ") AND ", in_range());
  }

  std::string insert() const {
    return cat("INSERT INTO ", table_.quoted, " (", listed(columns_, ""), ") SELECT ", listed(columns_, "s."),
               " FROM ", staging_.quoted, " AS s WHERE ", in_range(), " AND NOT EXISTS (SELECT 1 FROM ",
               table_.quoted, " AS t WHERE ", same_key("t"), ") ORDER BY s._osiris_row");
  }

  std::string delete_missing() const {
    const std::string is_missing =
        cat("NOT EXISTS (SELECT 1 FROM ", staging_.quoted, " AS s WHERE ", same_key("t"), ")");
    if (options_.delete_missing == DeleteMissing::kHard) {
      return cat("DELETE FROM ", table_.quoted, " AS t WHERE ", is_missing);
    }
    const std::string deleted_at = quoted_name(options_.deleted_at);
    return cat("UPDATE ", table_.quoted, " AS t SET ", deleted_at,
               " = strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00' WHERE t.", deleted_at, " IS NULL AND ",
               is_missing);
  }

 private:
  bool is_key(const std::string& column) const {
    return std::ranges::any_of(options_.primary_key,
                               [&](const std::string& key) { return to_lower(key) == to_lower(column); });
  }
  std::string in_range() const {
    return cat("s._osiris_row >= ", staging_.begin, " AND s._osiris_row < ", staging_.end);
  }
  std::string same_key(std::string_view other) const {
    Names pairs;
    for (const std::string& key : keys_) pairs.push_back(cat(other, ".", key, " = s.", key));
    return join(pairs, " AND ");
  }
  Names nulls() const {
    Names names;
    for (const std::string& key : keys_) names.push_back(cat("s.", key, " IS NULL"));
    return names;
  }

  const TargetTable& table_;
  const LoadOptions& options_;
  const Staging& staging_;
  Names columns_, keys_, values_;  ///< quoted
};

/// Finds staged rows by their key. Made once the rows are there, which is faster than keeping it while they
/// come.
void index_staging(Connection& connection, const LoadOptions& options) {
  Names keys;
  for (const std::string& key : options.primary_key) keys.push_back(quoted_name(key));
  connection.run(cat("CREATE INDEX IF NOT EXISTS temp.\"_osiris_staging_key\" ON \"_osiris_staging\" (",
                     join(keys, ", "), ", _osiris_row)"));
}

}  // namespace

MergeCounts merge_staged(Connection& connection, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging) {
  const Merge merge(table, match, options, staging);
  index_staging(connection, options);
  const Row survey = connection.rows(merge.survey()).front();
  if (survey[1]) {
    throw Error(ErrorKind::kData, "load.null_key",
                cat("row ", count_of(survey[1]) + 1, " has no value in a column of primary_key: '",
                    join(options.primary_key, ", "), "'"),
                "leave the row out in the query, or take a key that is always there");
  }
  const std::uint64_t distinct = count_of(survey[0]) - connection.run(merge.remove_duplicates());
  MergeCounts counts;
  if (const std::string update = merge.update(); !update.empty()) counts.updated = connection.run(update);
  counts.inserted = connection.run(merge.insert());
  counts.unchanged = distinct - counts.inserted - counts.updated;
  return counts;
}

std::uint64_t delete_missing_rows(Connection& connection, const TargetTable& table,
                                  const LoadOptions& options, const Staging& staging) {
  const TableMatch no_columns;
  return connection.run(Merge(table, no_columns, options, staging).delete_missing());
}

}  // namespace osiris::sqlite
