#include "load/staged_merge.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

std::uint64_t count_of(const std::optional<std::string>& cell) {
  return static_cast<std::uint64_t>(parse_integer(cell.value_or("0")).value_or(0));
}

}  // namespace

StagedMerge::StagedMerge(LoadTarget& target, const TargetTable& table, const LoadOptions& options,
                         const Staging& staging)
    : target_(target), table_(table), options_(options), staging_(staging) {
  for (const std::string& key : options.primary_key) keys_.push_back(target.quoted_name(key));
}

MergeCounts StagedMerge::merge(const TableMatch& match) {
  const auto survey_row = target_.rows(survey()).front();
  if (survey_row[1]) {
    throw Error(ErrorKind::kData, "load.null_key",
                cat("row ", count_of(survey_row[1]) + 1, " has no value in a column of primary_key: '",
                    join(options_.primary_key, ", "), "'"),
                "leave the row out in the query, or take a key that is always there");
  }
  const std::uint64_t distinct = count_of(survey_row[0]) - target_.run(remove_duplicates());
  MergeCounts counts;
  if (const std::string statement = update(match); !statement.empty())
    counts.updated = target_.run(statement);
  counts.inserted = target_.run(insert(match));
  counts.unchanged = distinct - counts.inserted - counts.updated;
  return counts;
}

std::uint64_t StagedMerge::delete_missing() {
  const std::string is_missing =
      cat("NOT EXISTS (SELECT 1 FROM ", staging_.quoted, " AS s WHERE ", same_key("t"), ")");
  if (options_.delete_missing == DeleteMissing::kHard)
    return target_.run(cat("DELETE FROM ", table_.quoted, " AS t WHERE ", is_missing));
  return target_.run(cat("UPDATE ", table_.quoted, " AS t SET ", quoted_mark(), " = ", now(), " WHERE t.",
                         quoted_mark(), " IS NULL AND ", is_missing));
}

std::string StagedMerge::listed(const Names& names, std::string_view prefix) {
  Names items;
  for (const std::string& name : names) items.push_back(cat(prefix, name));
  return join(items, ", ");
}

std::string StagedMerge::in_range() const {
  return cat("s._osiris_row >= ", staging_.begin, " AND s._osiris_row < ", staging_.end);
}

std::string StagedMerge::same_key(std::string_view other) const {
  Names pairs;
  for (const std::string& key : keys_) pairs.push_back(cat(other, ".", key, " = s.", key));
  return join(pairs, " AND ");
}

/// How many rows are staged, and the first one without a whole key.
std::string StagedMerge::survey() const {
  Names nulls;
  for (const std::string& key : keys_) nulls.push_back(cat("s.", key, " IS NULL"));
  return cat("SELECT count(*), min(CASE WHEN ", join(nulls, " OR "), " THEN s._osiris_row END) FROM ",
             staging_.quoted, " AS s WHERE ", in_range());
}

/// Empty where a row that is there has nothing to change.
std::string StagedMerge::update(const TableMatch& match) const {
  Names values, changes;
  for (const MatchedColumn& column : match.columns) {
    if (is_key(column.target.name)) continue;
    values.push_back(target_.quoted_name(column.target.name));
    changes.push_back(cat(values.back(), " = s.", values.back()));
  }
  Names reasons = values.empty() ? Names() : differences(values);
  if (options_.delete_missing == DeleteMissing::kSoft) {
    changes.push_back(cat(quoted_mark(), " = NULL"));
    reasons.push_back(cat("t.", quoted_mark(), " IS NOT NULL"));
  }
  if (changes.empty()) return {};
  return cat("UPDATE ", table_.quoted, " AS t SET ", join(changes, ", "), " FROM ", staging_.quoted,
             " AS s WHERE ", same_key("t"), " AND (", join(reasons, " OR "), ") AND ", in_range());
}

std::string StagedMerge::insert(const TableMatch& match) const {
  Names columns;
  for (const MatchedColumn& column : match.columns)
    columns.push_back(target_.quoted_name(column.target.name));
  return cat("INSERT INTO ", table_.quoted, " (", join(columns, ", "), ") ", insert_clause(), "SELECT ",
             listed(columns, "s."), " FROM ", staging_.quoted, " AS s WHERE ", in_range(),
             " AND NOT EXISTS (SELECT 1 FROM ", table_.quoted, " AS t WHERE ", same_key("t"), ")",
             insert_order());
}

/// The column that says when a row was deleted.
std::string StagedMerge::quoted_mark() const { return target_.quoted_name(options_.deleted_at); }

bool StagedMerge::is_same_name(const std::string& a, const std::string& b) const {
  return to_lower(a) == to_lower(b);
}

bool StagedMerge::is_key(const std::string& column) const {
  return std::ranges::any_of(options_.primary_key,
                             [&](const std::string& key) { return is_same_name(key, column); });
}

}  // namespace osiris
