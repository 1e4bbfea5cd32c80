#include "load/table_load.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr std::string_view kSavepoint = "osiris_piece";

}  // namespace

TableLoad::TableLoad(std::unique_ptr<LoadTarget> target, LoadOptions options, const Schema& schema,
                     TargetTable table, bool table_is_new, TableMatch match,
                     const std::vector<LedgerEntry>& committed, Context& context)
    : target_(std::move(target)),
      options_(std::move(options)),
      schema_(schema),
      table_(std::move(table)),
      table_is_new_(table_is_new),
      match_(std::move(match)),
      bad_rows_(options_, schema_, context),
      marks_(*target_, table_),
      mark_name_(context.load_id().mark_name) {
  if (options_.has_ledger) ledger_.emplace(*target_, table_, context.load_id());
  if (options_.has_ledger && options_.chunk_rows > 0) digest_.emplace(schema_);
  if (const auto result = complete_result(committed)) {
    total_ = *result;
    is_done_ = true;
  } else if (!committed.empty()) {
    for (const LedgerEntry& entry : committed) {
      rows_to_skip_ += entry.handed_rows;
      total_.row_count += entry.result.row_count;
      if (entry.result.merge) total_.merge = total_.merge.value_or(MergeCounts()) += *entry.result.merge;
    }
    chunk_ = committed.back().chunk + 1;
    digest_to_meet_ = committed.back().digest;
  }
}

void TableLoad::write(const Batch& batch) {
  if (is_done_) return;
  std::size_t row = skip_committed(batch);
  while (row < batch.row_count()) {
    std::size_t end = batch.row_count();
    if (options_.chunk_rows > 0) {
      end = static_cast<std::size_t>(
          std::min<std::uint64_t>(end, row + options_.chunk_rows - chunk_handed_rows_));
    }
    load(batch, row, end);
    row = end;
    if (options_.chunk_rows > 0 && chunk_handed_rows_ == options_.chunk_rows) commit_chunk(nullptr);
  }
}

/// Returns the first row that no earlier run has committed.
std::size_t TableLoad::skip_committed(const Batch& batch) {
  if (rows_to_skip_ == 0) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rows_to_skip_, batch.row_count()));
  digest_->add(batch, 0, count);
  handed_rows_ += count;
  rows_to_skip_ -= count;
  if (rows_to_skip_ == 0 && digest_->text() != digest_to_meet_) {
    throw Error(
        ErrorKind::kData, "load.resume_differs",
        cat("the source gives other rows than before: the first ", counted(handed_rows_, "row"),
            " are committed and differ now"),
        "order the source's rows by a key that does not change; begin a new run once the rows that are there "
        "are removed, or use upsert");
  }
  return count;
}

void TableLoad::begin() {
  if (is_begun_) return;
  if (options_.mode == WriteMode::kTruncate && !target_->truncates_in_transaction() && chunk_ == 1)
    target_->remove_rows(table_, options_.mode);
  target_->begin();
  is_begun_ = true;
  chunk_refused_before_ = bad_rows_.count();
  if (chunk_ == 1) {
    change_table();
    for (const std::string& statement : options_.pre_sql) target_->run(statement);
    const bool removes = options_.mode == WriteMode::kReplace ||
                         (options_.mode == WriteMode::kTruncate && target_->truncates_in_transaction());
    if (removes) target_->remove_rows(table_, options_.mode);
  }
  if (is_upsert()) staging_ = target_->stage(table_, match_);
}

/// Where tables are made inside transactions; elsewhere it happened before.
void TableLoad::change_table() {
  if (!target_->has_transactional_ddl()) return;
  make_table_fit(*target_, options_, schema_, table_, table_is_new_, match_);
}

void TableLoad::load(const Batch& batch, std::size_t begin_row, std::size_t end_row) {
  begin();
  bad_rows_.set_first_row(handed_rows_ - begin_row);
  if (isolates_bad_rows()) {
    load_piece(batch, begin_row, end_row);
  } else {
    if (!sink_) sink_ = open_sink();
    sink_->write(batch, begin_row, end_row);
  }
  if (digest_) digest_->add(batch, begin_row, end_row);
  handed_rows_ += end_row - begin_row;
  chunk_handed_rows_ += end_row - begin_row;
}

std::unique_ptr<RowSink> TableLoad::open_sink() {
  const auto first_staged = is_upsert() ? std::optional(staging_.end) : std::nullopt;
  return target_->open_sink(is_upsert() ? staging_.quoted : table_.quoted, schema_, match_, first_staged,
                            bad_rows_);
}

/// Sends the rows, and, where the server refuses some, halves of them, until the refused ones stand alone.
void TableLoad::load_piece(const Batch& batch, std::size_t begin_row, std::size_t end_row) {
  target_->run(cat("SAVEPOINT ", kSavepoint));
  try {
    const auto sink = open_sink();
    sink->write(batch, begin_row, end_row);
    chunk_acknowledged_rows_ += sink->finish();
    staging_.end += end_row - begin_row;
    bad_rows_.keep_piece();
    target_->run(cat("RELEASE SAVEPOINT ", kSavepoint));
    return;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData || error.code() == "load.too_many_bad_rows") throw;
    bad_rows_.drop_piece();
    target_->run(cat("ROLLBACK TO SAVEPOINT ", kSavepoint));
    if (end_row - begin_row == 1) {
      bad_rows_.refuse(batch, begin_row, std::nullopt, error);
      bad_rows_.keep_piece();
      return;
    }
  }
  const std::size_t middle = begin_row + (end_row - begin_row) / 2;
  load_piece(batch, begin_row, middle);
  load_piece(batch, middle, end_row);
}

void TableLoad::finish_sink() {
  if (!sink_) return;
  chunk_acknowledged_rows_ += sink_->finish();
  sink_.reset();
  staging_.end = chunk_handed_rows_;
}

/// Merges staged rows; where that fails for some of them and they are to be left out, halves.
MergeCounts TableLoad::merge(std::uint64_t begin_row, std::uint64_t end_row) {
  const Staging range{staging_.quoted, begin_row, end_row};
  if (!isolates_bad_rows()) return target_->merge(table_, match_, options_, range);
  target_->run(cat("SAVEPOINT ", kSavepoint));
  try {
    const MergeCounts counts = target_->merge(table_, match_, options_, range);
    target_->run(cat("RELEASE SAVEPOINT ", kSavepoint));
    return counts;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) throw;
    target_->run(cat("ROLLBACK TO SAVEPOINT ", kSavepoint));
    if (end_row - begin_row == 1) {
      refuse_staged(begin_row, error);
      return {};
    }
  }
  const std::uint64_t middle = begin_row + (end_row - begin_row) / 2;
  MergeCounts counts = merge(begin_row, middle);
  return counts += merge(middle, end_row);
}

void TableLoad::refuse_staged(std::uint64_t row, const Error& reason) {
  std::vector<std::string> names, quoted;
  for (const MatchedColumn& matched : match_.columns) {
    names.push_back(matched.target.name);
    quoted.push_back(target_->quoted_name(matched.target.name));
  }
  const auto rows = target_->rows(
      cat("SELECT ", join(quoted, ", "), " FROM ", staging_.quoted, " WHERE ", kStagedRowColumn, " = ", row));
  if (rows.empty()) return;  // a number that no row has: the encoder left it out
  bad_rows_.refuse_staged(handed_rows_ - chunk_handed_rows_ + row, names, rows[0], reason);
  bad_rows_.keep_piece();
}

void TableLoad::commit_chunk(const LoadRecord* record) {
  begin();
  finish_sink();
  const std::uint64_t refused = bad_rows_.count() - chunk_refused_before_;
  if (chunk_acknowledged_rows_ + refused < chunk_handed_rows_) {
    throw Error(ErrorKind::kData, "load.rows_missing",
                cat("the server acknowledged ", counted(chunk_acknowledged_rows_, "row"), " of ",
                    with_thousands(chunk_handed_rows_ - refused)),
                "look for triggers or rules of the table that drop rows");
  }
  LedgerEntry entry{chunk_, chunk_handed_rows_, {chunk_acknowledged_rows_, {}}, {}, record != nullptr};
  if (is_upsert()) {
    entry.result.merge = staging_.end > 0 ? merge(0, staging_.end) : MergeCounts();
    if (record != nullptr && options_.delete_missing != DeleteMissing::kOff)
      entry.result.merge->deleted = target_->delete_missing(table_, options_, staging_);
  }
  if (record != nullptr) {
    for (const std::string& statement : options_.post_sql) target_->run(statement);
    if (record->mark) marks_.keep(mark_name_, *record->mark);
  }
  if (digest_) entry.digest = digest_->text();
  if (ledger_) ledger_->add(entry, options_.mode);
  commit_for_certain();
  bad_rows_.keep_piece();
  is_begun_ = false;
  total_.row_count += entry.result.row_count;
  if (entry.result.merge) total_.merge = total_.merge.value_or(MergeCounts()) += *entry.result.merge;
  ++chunk_;
  chunk_handed_rows_ = chunk_acknowledged_rows_ = 0;
  staging_ = {};
}

/// Commits, and finds out what became of it where the answer does not come.
void TableLoad::commit_for_certain() {
  try {
    target_->commit();
    return;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kConnection) throw;
    if (!ledger_) {
      throw Error(
          ErrorKind::kConnection, "load.commit_unknown",
          cat("the answer to COMMIT was lost, and without a ledger nobody can tell what became of it: ",
              error.message()),
          "look into the table before you run again; with ledger: true it is decided");
    }
  }
  target_->reconnect();
  if (ledger_->is_settled(chunk_, options_.mode)) return;
  throw Error(ErrorKind::kConnection, "load.commit_lost",
              "the connection broke at COMMIT, and nothing was committed", "run again")
      .retryable();
}

LoadResult TableLoad::commit(const LoadRecord& record) {
  if (is_done_) return total_;
  if (rows_to_skip_ > 0) {
    throw Error(ErrorKind::kData, "load.resume_differs",
                cat("the source gives fewer rows than before: ", counted(rows_to_skip_, "row"),
                    " that are committed did not come again"),
                "begin a new run once the rows that are there are removed, or use upsert");
  }
  commit_chunk(&record);
  return total_;
}

void TableLoad::abort(std::chrono::steady_clock::time_point deadline) noexcept {
  sink_.reset();
  if (is_begun_) target_->rollback(deadline);
}

}  // namespace osiris
