#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "component/component.h"
#include "load/column_rules.h"
#include "load/load_options.h"
#include "load/target_table.h"

namespace osiris {

struct MatchedColumn;
struct TableMatch;

/// What to do with a row that cannot be encoded or that the server refused. Returning leaves the row out;
/// throwing ends the load.
class RowPolicy {
 public:
  virtual ~RowPolicy() = default;
  /// `row` is an index into the batch; `column` one into its columns, or nothing where none is to blame. The
  /// reason names column and value.
  virtual void refuse(const Batch& batch, std::size_t row, std::optional<std::size_t> column,
                      const Error& reason) = 0;
  /// Rows of the load that came before the first one of the sink under way; errors count from there.
  virtual std::uint64_t rows_before() const { return 0; }
};

/// A bulk road into one table, open for as long as one statement or one series of like statements.
/// Single-threaded; between open and finish() the connection does nothing else.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Sends rows [begin, end) of a batch. Rows that cannot be encoded go to the policy.
  /// Errors: kData for rows that the server refuses, sometimes only later; kConnection.
  virtual void write(const Batch& batch, std::size_t begin, std::size_t end) = 0;
  /// Returns the rows that the server acknowledged. Called once, and last; a sink that goes without it is
  /// broken off, and its transaction must be rolled back.
  virtual std::uint64_t finish() = 0;
};

/// Counts a load's rows in their order in a staging table.
inline constexpr std::string_view kStagedRowColumn = "_osiris_row";

/// Where a merge finds its rows: a temporary table with the matched columns by the target's names, and
/// `_osiris_row`, a BIGINT that counts the rows in their order, without those that were refused.
struct Staging {
  std::string quoted;
  std::uint64_t begin = 0, end = 0;  ///< the rows to merge: begin ≤ _osiris_row < end
};

/// A database as a load sees it: one connection, at most one transaction at a time, one implementation
/// for each family. What is common to all of them is TableWriter.
class LoadTarget : public ColumnRules {
 public:
  /// Nothing where there is no such table. Errors: kUser "load.not_a_table" for a view that takes no rows.
  virtual std::optional<TargetTable> find_table(const std::string& name) = 0;
  /// A table that is not there yet: name, quoted, ledger and marks only.
  virtual TargetTable unmade_table(const std::string& name) = 0;

  virtual std::string quoted_name(std::string_view name) const = 0;
  virtual std::string literal(std::string_view text) const = 0;
  /// Runs one statement and returns the rows that it changed.
  virtual std::uint64_t run(const std::string& statement) = 0;
  virtual std::vector<std::vector<std::optional<std::string>>> rows(const std::string& statement) = 0;
  /// `INSERT …` that does nothing where a row with the same key is there already.
  virtual std::string insert_unless_there(const std::string& insert) const = 0;

  virtual void begin() = 0;
  virtual void commit() = 0;
  /// Undoes the transaction; on a connection that does not answer until the deadline, by ending it.
  virtual void rollback(std::chrono::steady_clock::time_point deadline) noexcept = 0;
  /// A new connection, for the old one is lost. Nothing of the old transaction can commit by it.
  virtual void reconnect() = 0;
  /// Ends a wait for a lock after so long, for the next transaction.
  virtual void limit_lock_wait(std::chrono::milliseconds limit) = 0;
  /// Whether a statement that failed can be undone alone. Where not, only rows that cannot be encoded are
  /// left out, and one that the database refuses ends the load.
  virtual bool has_savepoints() const { return true; }
  /// Whether CREATE and ALTER TABLE are part of a transaction here, or end it.
  virtual bool has_transactional_ddl() const = 0;

  /// Outside a transaction where has_transactional_ddl() is false.
  virtual void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) = 0;
  virtual void add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) = 0;
  /// Removes all rows: replace inside the transaction, so that readers see the old ones until it ends;
  /// truncate as fast as the database can.
  virtual void remove_rows(const TargetTable& table, WriteMode mode) = 0;
  /// Whether readers never see a table that truncate emptied and the load did not fill.
  virtual bool truncates_in_transaction() const = 0;

  /// Makes a temporary table for merges, empty.
  virtual Staging stage(const TargetTable& table, const TableMatch& match) = 0;
  /// Empties it for the next chunk.
  virtual void clear_staging(const Staging& staging) = 0;
  /// Merges staged rows by key: of rows with the same key the last one counts; a row that is there and
  /// equal in every byte is left alone. Counts rows of the target.
  virtual MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                            const Staging& staging) = 0;
  /// Deletes the target's rows whose keys no staged row has; `soft` sets deleted_at instead, where it is
  /// null.
  virtual std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                                       const Staging& staging) = 0;

  /// The fastest road into a table: `table` is the target's quoted name, or the staging's, which wants
  /// `_osiris_row` filled as well, from `first_row` on.
  virtual std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema,
                                             const TableMatch& match,
                                             std::optional<std::uint64_t> first_staged_row,
                                             RowPolicy& policy) = 0;
  /// What the session calls that road.
  virtual std::string road(const Schema& schema, const TableMatch& match) const = 0;
};

}  // namespace osiris
