#pragma once

#include <memory>
#include <optional>
#include <string>

#include "load/bad_rows.h"
#include "load/ledger.h"
#include "load/load_target.h"
#include "load/row_digest.h"
#include "load/table_match.h"

namespace osiris {

/// One load into one table: the transactions, and what stands in each of them, in this order: the table
/// itself where it has to be made, pre_sql, the removal of old rows, the rows, the merge, post_sql, the mark,
/// the ledger's row. Begun by the first row, or by the commit of none.
class TableLoad : public Writer {
 public:
  /// Everything was checked. `committed` are the load's chunks that an earlier run has committed.
  TableLoad(std::unique_ptr<LoadTarget> target, LoadOptions options, const Schema& schema, TargetTable table,
            bool table_is_new, TableMatch match, const std::vector<LedgerEntry>& committed, Context& context);

  void write(const Batch& batch) override;
  LoadResult commit(const LoadRecord& record) override;
  void abort(std::chrono::steady_clock::time_point deadline) noexcept override;

 private:
  bool is_upsert() const { return options_.mode == WriteMode::kUpsert; }
  /// Whether rows that the server refuses are to be found one by one.
  bool isolates_bad_rows() const { return options_.on_bad_row != OnBadRow::kFail; }

  void begin();
  void change_table();
  std::size_t skip_committed(const Batch& batch);
  void load(const Batch& batch, std::size_t begin, std::size_t end);
  void load_piece(const Batch& batch, std::size_t begin, std::size_t end);
  std::unique_ptr<RowSink> open_sink();
  void finish_sink();
  MergeCounts merge(std::uint64_t begin, std::uint64_t end);
  void refuse_staged(std::uint64_t row, const Error& reason);
  /// Ends a transaction; `record` is that of the load where it is the last one.
  void commit_chunk(const LoadRecord* record);
  void commit_for_certain();

  std::unique_ptr<LoadTarget> target_;
  LoadOptions options_;
  Schema schema_;
  TargetTable table_;
  bool table_is_new_;
  TableMatch match_;
  BadRows bad_rows_;
  std::optional<Ledger> ledger_;
  MarkTable marks_;
  std::string mark_name_;
  std::optional<RowDigest> digest_;  ///< of a load in chunks

  std::uint64_t rows_to_skip_ = 0;  ///< of committed chunks, which come again
  std::string digest_to_meet_;      ///< of those rows
  bool is_done_ = false;            ///< an earlier run has committed everything

  std::uint64_t chunk_ = 1, handed_rows_ = 0, chunk_handed_rows_ = 0;
  std::uint64_t chunk_acknowledged_rows_ = 0, chunk_refused_before_ = 0;
  bool is_begun_ = false;
  std::unique_ptr<RowSink> sink_;
  Staging staging_;
  LoadResult total_;
};

}  // namespace osiris
