#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/bad_rows.h"
#include "load/ledger.h"
#include "load/load_plan.h"
#include "load/load_target.h"
#include "load/row_digest.h"
#include "load/row_sender.h"

namespace osiris {

/// One load into one table. A transaction is begun by its first row, or by the commit of none, and in it
/// stand, in this order: the table itself where it has to be made, pre_sql, the removal of old rows, the
/// rows, the merge, the deletion of missing rows, post_sql, the mark, the ledger's row. Of a load in chunks
/// the first transaction has what stands before the rows, and the last one what stands after the merge.
class TableLoad : public Writer {
 public:
  /// Everything was checked. `committed` are the chunks that an earlier run has committed: their rows come
  /// again, and are compared and not written.
  TableLoad(std::unique_ptr<LoadTarget> target, LoadOptions options, const Schema& schema, LoadPlan plan,
            std::vector<LedgerEntry> committed, Context& context);

  /// Errors: those of the rows; kData "load.resume_differs", "load.rows_missing", "load.too_many_bad_rows";
  /// those of commit(), where a chunk ends.
  void write(const Batch& batch) override;
  /// Errors: kConnection "load.commit_lost" (nothing was committed), "load.commit_unknown".
  LoadResult commit(const LoadRecord& record) override;
  void abort(std::chrono::steady_clock::time_point deadline) noexcept override;

 private:
  struct Chunk {
    std::uint64_t number = 1, handed_rows = 0;
  };

  bool is_upsert() const { return options_.mode == WriteMode::kUpsert; }
  bool is_complete() const { return !committed_.empty() && committed_.back().is_last; }
  /// Whether an earlier run has committed the rows that come now.
  bool is_repetition() const { return chunk_.number <= committed_.size(); }
  std::uint64_t rows_left_in_chunk() const;

  void take(const Batch& batch, std::size_t begin, std::size_t end);
  void pass_chunk();

  void begin();
  void begin_load();
  LoadResult finish_rows();
  MergeCounts merge_staged(std::uint64_t row_count);
  void refuse_staged(std::uint64_t row, const Error& reason);
  void finish_load(const LoadRecord& record, LoadResult& result);
  void delete_missing(LoadResult& result);
  /// `last` is there where the load ends with this chunk.
  void commit_chunk(const LoadRecord* last);
  void commit_for_certain();
  void find_out_commit(const Error& cause);
  void end_chunk(const LoadResult& result);

  Context& context_;
  std::unique_ptr<LoadTarget> target_;
  LoadOptions options_;
  Schema schema_;
  LoadPlan plan_;
  std::vector<LedgerEntry> committed_;
  std::optional<Ledger> ledger_;
  std::optional<RowDigest> digest_;  ///< of a load in chunks
  BadRows bad_rows_;
  RowSender sender_;
  Staging staging_;  ///< of an upsert, once it is made

  bool is_begun_ = false;
  Chunk chunk_;
  std::uint64_t handed_rows_ = 0;
  LoadResult total_;
};

}  // namespace osiris
