#include "postgres/merge.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "postgres/copy_sink.h"

namespace osiris::postgres {
namespace {

using Names = std::vector<std::string>;

/// "t.a, t.b", each name behind a prefix.
std::string listed(const Names& names, std::string_view prefix) {
  Names items;
  for (const std::string& name : names) items.push_back(cat(prefix, name));
  return join(items, ", ");
}

/// "t.a = s.a AND t.b = s.b".
std::string equal_keys(const Names& keys) {
  Names items;
  for (const std::string& key : keys) items.push_back(cat("t.", key, " = s.", key));
  return join(items, " AND ");
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
      if (std::ranges::find(keys_, columns_.back()) == keys_.end()) values_.push_back(columns_.back());
    }
  }

  /// How many rows are staged, and the first one without a whole key.
  std::string survey() const {
    Names nulls;
    for (const std::string& key : keys_) nulls.push_back(cat("s.", key, " IS NULL"));
    return cat("SELECT count(*), min(s._osiris_row) FILTER (WHERE ", join(nulls, " OR "), ") FROM ",
               staging_.quoted, " s WHERE ", in_range());
  }

  /// Of rows with the same key only the last one stays.
  std::string remove_duplicates() const {
    return cat("DELETE FROM ", staging_.quoted, " t USING (SELECT ", listed(keys_, "s."),
               ", max(s._osiris_row) AS last FROM ", staging_.quoted, " s WHERE ", in_range(), " GROUP BY ",
               listed(keys_, "s."), " HAVING count(*) > 1) s WHERE ", equal_keys(keys_),
               " AND t._osiris_row < s.last AND t._osiris_row >= ", staging_.begin);
  }

  /// Empty where a row that is there has nothing to change.
  std::string update() const {
    Names changes, differences;
    for (const std::string& value : values_) changes.push_back(cat(value, " = s.", value));
    // Compares the bytes of the rows, so that every type can be compared and every change counts.
    if (!values_.empty()) {
      differences.push_back(
          cat("ROW(", listed(values_, "t."), ")::record *<> ROW(", listed(values_, "s."), ")::record"));
    }
    if (options_.delete_missing == DeleteMissing::kSoft) {
      const std::string deleted_at = quoted_name(options_.deleted_at);
      changes.push_back(cat(deleted_at, " = NULL"));
      differences.push_back(cat("t.", deleted_at, " IS NOT NULL"));
    }
    if (changes.empty()) return {};
    return cat("UPDATE ", table_.quoted, " t SET ", join(changes, ", "), " FROM ", staging_.quoted,
               " s WHERE ", equal_keys(keys_), " AND (", join(differences, " OR "), ") AND ", in_range());
  }

  std::string insert() const {
    return cat("INSERT INTO ", table_.quoted, " (", listed(columns_, ""), ") OVERRIDING SYSTEM VALUE SELECT ",
               listed(columns_, "s."), " FROM ", staging_.quoted, " s WHERE ", in_range(),
               " AND NOT EXISTS (SELECT FROM ", table_.quoted, " t WHERE ", equal_keys(keys_), ")");
  }

  std::string delete_missing() const {
    const std::string is_missing =
        cat("NOT EXISTS (SELECT FROM ", staging_.quoted, " s WHERE ", equal_keys(keys_), ")");
    if (options_.delete_missing == DeleteMissing::kHard) {
      return cat("DELETE FROM ", table_.quoted, " t WHERE ", is_missing);
    }
    const std::string deleted_at = quoted_name(options_.deleted_at);
    return cat("UPDATE ", table_.quoted, " t SET ", deleted_at, " = now() WHERE t.", deleted_at,
               " IS NULL AND ", is_missing);
  }

 private:
  std::string in_range() const {
    return cat("s._osiris_row >= ", staging_.begin, " AND s._osiris_row < ", staging_.end);
  }

  const TargetTable& table_;
  const LoadOptions& options_;
  const Staging& staging_;
  Names columns_, keys_, values_;  ///< quoted
};

/// Joins of whole loads are hashed in memory; what the server is set to otherwise serves small queries.
void make_room(Connection& connection) {
  connection.run(
      "SELECT set_config('work_mem', '128MB', true) "
      "WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('128MB'); "
      "SET LOCAL jit = off");
}

}  // namespace

MergeCounts merge_staged(Connection& connection, const TargetTable& table, const TableMatch& match,
                         const LoadOptions& options, const Staging& staging) {
  const Merge merge(table, match, options, staging);
  make_room(connection);
  connection.run(cat("ANALYZE ", staging.quoted));
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

}  // namespace osiris::postgres
