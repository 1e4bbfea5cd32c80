#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "load/load_target.h"

namespace osiris {

/// One committed transaction of a load. Chunks count from 1.
struct LedgerEntry {
  std::uint64_t chunk = 1;
  std::uint64_t handed_rows = 0;  ///< rows that entered the writer for it
  LoadResult result;              ///< what the target acknowledged
  std::string digest;             ///< of all rows of the load up to its end; empty: not taken
  bool is_last = false;
};

/// Adds what another transaction of the same load did.
void add_result(LoadResult& total, const LoadResult& result);
/// Everything that the entries of a complete load acknowledge; nothing where its last chunk is not there.
std::optional<LoadResult> complete_result(const std::vector<LedgerEntry>& entries);

/// The table `_osiris_loads` beside a target: a row for each committed transaction of a load, written by that
/// transaction. It decides what became of a COMMIT whose answer was lost.
class Ledger {
 public:
  /// The target must outlive the ledger.
  Ledger(LoadTarget& target, const TargetTable& table, WriteMode mode, LoadId id);

  /// Makes the table where it is not there. Outside a transaction. Errors: "load.no_ledger_table".
  void make();
  /// "session/step/chunk".
  std::string load_id(std::uint64_t chunk) const;
  /// What is committed of this load, in order; nothing where the table is not there.
  std::vector<LedgerEntry> entries();
  /// The same, once the transaction that an earlier run may be ending is over.
  /// Requires and errors: as has_committed().
  std::vector<LedgerEntry> settled_entries();
  /// Inside the load's transaction.
  void add(const LedgerEntry& entry);
  /// Whether a chunk is committed, once the transaction that could still commit it is over.
  /// Requires: no transaction is under way. Errors: "query.locked" where that one does not end in time.
  bool has_committed(std::uint64_t chunk);

 private:
  std::string insertion(const LedgerEntry& entry) const;

  LoadTarget& target_;
  std::string table_, target_name_;
  WriteMode mode_;
  LoadId id_;
};

/// The table `_osiris_state` beside a target: marks of incremental reads, written by the loads' transactions.
class MarkTable {
 public:
  /// The target must outlive it.
  MarkTable(LoadTarget& target, const TargetTable& table) : target_(target), table_(table.marks) {}

  /// Makes the table where it is not there. Outside a transaction. Errors: "load.no_ledger_table".
  void make();
  /// Nothing where the table is not there.
  std::optional<Mark> find(const std::string& name);
  /// Inside the load's transaction.
  void keep(const std::string& name, const Mark& mark);
  /// In a transaction of its own.
  void forget(const std::string& name);

 private:
  std::string deletion(const std::string& name) const;

  LoadTarget& target_;
  std::string table_;
};

}  // namespace osiris
