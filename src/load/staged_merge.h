#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "load/load_target.h"
#include "load/table_match.h"

namespace osiris {

/// Merges a staging table into its target by a few statements, for databases that have UPDATE … FROM. In
/// them `t` is the target and `s` the staging; what a database spells its own way is virtual.
class StagedMerge {
 public:
  StagedMerge(LoadTarget& target, const TargetTable& table, const LoadOptions& options,
              const Staging& staging);
  StagedMerge(const StagedMerge&) = delete;
  StagedMerge& operator=(const StagedMerge&) = delete;
  virtual ~StagedMerge() = default;

  /// As LoadTarget::merge(). Errors: kData "load.null_key" for a staged row without a whole key.
  MergeCounts merge(const TableMatch& match);
  /// As LoadTarget::delete_missing().
  std::uint64_t delete_missing();

 protected:
  using Names = std::vector<std::string>;

  /// Deletes, of staged rows with the same key, all but the last one.
  virtual std::string remove_duplicates() const = 0;
  /// Conditions of which one holds where the columns of `t` are not those of `s` in every byte.
  virtual Names differences(const Names& columns) const = 0;
  /// Whether both mean one column of the server.
  virtual bool is_same_name(const std::string& a, const std::string& b) const;
  /// What stands between the columns of an INSERT and its SELECT.
  virtual std::string_view insert_clause() const { return ""; }
  /// The end of that SELECT.
  virtual std::string_view insert_order() const { return " ORDER BY s._osiris_row"; }
  virtual std::string_view now() const { return "now()"; }

  /// "t.a, t.b"
  static std::string listed(const Names& names, std::string_view prefix);
  /// Whether `s` is a row that counts.
  std::string in_range() const;
  /// Whether `other` and `s` have the same key.
  std::string same_key(std::string_view other) const;
  const Names& keys() const { return keys_; }
  const Staging& staging() const { return staging_; }

 private:
  std::string survey() const;
  std::string update(const TableMatch& match) const;
  std::string insert(const TableMatch& match) const;
  std::string quoted_mark() const;
  bool is_key(const std::string& column) const;

  LoadTarget& target_;
  const TargetTable& table_;
  const LoadOptions& options_;
  const Staging& staging_;
  Names keys_;  ///< quoted
};

}  // namespace osiris
