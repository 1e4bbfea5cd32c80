#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "table/batch.h"
#include "table/type.h"

namespace osiris {

/// A connection to a database's file that may change it, one transaction at a time. Single-threaded.
///
/// Errors of every statement: kData "value.refused" for a row that a rule of its table refuses, "sql.value",
///         "sql.out_of_memory", "sql.io", "file.disk_full"; kUser "sql.invalid", "sql.not_allowed",
///         "run.cancelled", "query.locked" where another transaction has changed the same rows.
class DatabaseFile {
 public:
  /// Makes the file where it is not there; without one the database is in memory.
  ///
  /// Errors: kUser "query.locked" where another process has it open, "connection.unknown_database",
  ///         "file.unreadable", "file.unwritable"; kData "connection.not_a_database", "connection.corrupt".
  enum class Access { kWrite, kOnlyLook };
  explicit DatabaseFile(const SqlOptions& options, Access access = Access::kWrite);
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;
  ~DatabaseFile();

  /// Runs a statement and returns the rows that it changed.
  std::uint64_t run(const std::string& sql);
  /// Undoes the transaction, where there is one.
  void roll_back() noexcept;
  /// All rows of a small result, as text.
  std::vector<std::vector<std::optional<std::string>>> rows(const std::string& sql);

 private:
  friend class RowFeed;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Rows that statements of a database read as a table.
class RowFeed {
 public:
  /// The database must outlive it.
  RowFeed(DatabaseFile& database, const Schema& schema);
  RowFeed(const RowFeed&) = delete;
  RowFeed& operator=(const RowFeed&) = delete;
  ~RowFeed();

  /// What stands after FROM.
  std::string table() const;
  /// Has these rows read by one statement; returns the rows that it changed.
  std::uint64_t run(const std::string& sql, std::vector<Batch> batches);

 private:
  class Scan;
  DatabaseFile& database_;
  std::shared_ptr<Scan> scan_;
};

}  // namespace osiris
