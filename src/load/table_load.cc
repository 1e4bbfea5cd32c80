#include "load/table_load.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "load/bad_row_search.h"

namespace osiris {

TableLoad::TableLoad(std::unique_ptr<LoadTarget> target, LoadOptions options, const Schema& schema,
                     LoadPlan plan, std::vector<LedgerEntry> committed, Context& context)
    : context_(context),
      target_(std::move(target)),
      options_(std::move(options)),
      schema_(schema),
      plan_(std::move(plan)),
      committed_(std::move(committed)),
      bad_rows_(options_, schema_, context),
      sender_(*target_, schema_, plan_.match, options_.on_bad_row != OnBadRow::kFail, bad_rows_) {
  if (options_.has_ledger) ledger_.emplace(*target_, plan_.table, options_.mode, context.load_id());
  if (options_.has_ledger && options_.chunk_rows > 0) digest_.emplace(schema_);
}

std::uint64_t TableLoad::rows_left_in_chunk() const {
  if (is_repetition()) return committed_[chunk_.number - 1].handed_rows - chunk_.handed_rows;
  if (options_.chunk_rows == 0) return std::numeric_limits<std::uint64_t>::max();
  return options_.chunk_rows - chunk_.handed_rows;
}

void TableLoad::write(const Batch& batch) {
  if (is_complete()) return;
  for (std::size_t row = 0; row < batch.row_count();) {
    const auto count = std::min<std::uint64_t>(batch.row_count() - row, rows_left_in_chunk());
    take(batch, row, row + static_cast<std::size_t>(count));
    row += static_cast<std::size_t>(count);
  }
}

/// Rows of one chunk.
void TableLoad::take(const Batch& batch, std::size_t begin_row, std::size_t end_row) {
  if (digest_) digest_->add(batch, begin_row, end_row);
  if (!is_repetition()) {
    begin();
    sender_.send(batch, begin_row, end_row, handed_rows_);
  }
  handed_rows_ += end_row - begin_row;
  chunk_.handed_rows += end_row - begin_row;
  if (rows_left_in_chunk() > 0) return;
  if (is_repetition()) {
    pass_chunk();
  } else {
    commit_chunk(nullptr);
  }
}

/// A chunk that is committed has come again, the same or not.
void TableLoad::pass_chunk() {
  const LedgerEntry& entry = committed_[chunk_.number - 1];
  if (digest_ && digest_->text() != entry.digest) {
    throw Error(
        ErrorKind::kData, "load.resume_differs",
        cat("the source gives other rows than before: of its first ", counted(handed_rows_, "row"),
            ", which are committed, some differ now"),
        "order the source's rows by a key that does not change; begin a new run once the rows that are there "
        "are removed, or use upsert");
  }
  bad_rows_.count_earlier(entry.handed_rows - entry.result.row_count);
  end_chunk(entry.result);
}

void TableLoad::begin() {
  if (is_begun_) return;
  const bool is_first = chunk_.number == 1;
  if (is_first && options_.mode == WriteMode::kTruncate && !target_->truncates_in_transaction())
    target_->remove_rows(plan_.table, options_.mode);
  target_->begin();
  is_begun_ = true;
  if (is_first) begin_load();
  bad_rows_.begin_chunk(handed_rows_);
  if (is_upsert()) {
    if (staging_.quoted.empty()) {
      staging_ = target_->stage(plan_.table, plan_.match);
    } else {
      target_->clear_staging(staging_);
    }
  }
  sender_.begin(is_upsert() ? staging_.quoted : plan_.table.quoted, is_upsert());
}

void TableLoad::begin_load() {
  // Where tables cannot be made inside a transaction, it was done before.
  if (target_->has_transactional_ddl()) change_table(plan_, schema_, options_, *target_);
  for (const std::string& statement : options_.pre_sql) target_->run(statement);
  const bool removes_rows = options_.mode == WriteMode::kReplace ||
                            (options_.mode == WriteMode::kTruncate && target_->truncates_in_transaction());
  if (removes_rows) target_->remove_rows(plan_.table, options_.mode);
}

/// Ends the sending and merges; returns what the target acknowledged.
LoadResult TableLoad::finish_rows() {
  const std::uint64_t sent = sender_.finish();
  const std::uint64_t expected = chunk_.handed_rows - bad_rows_.chunk_count();
  if (sent < expected) {
    throw Error(ErrorKind::kData, "load.rows_missing",
                cat("the server acknowledged ", counted(sent, "row"), " of ", with_thousands(expected)),
                "look for triggers or rules of the table that drop rows");
  }
  if (!is_upsert()) return {sent, {}};
  const std::uint64_t unstaged = bad_rows_.chunk_count();
  const MergeCounts merge = merge_staged(sent);
  return {sent - (bad_rows_.chunk_count() - unstaged), merge};
}

MergeCounts TableLoad::merge_staged(std::uint64_t row_count) {
  MergeCounts counts, part;
  const auto merge_range = [&](std::uint64_t begin, std::uint64_t end) {
    part = target_->merge(plan_.table, plan_.match, options_, {staging_.quoted, begin, end});
  };
  const auto keep = [&] { counts += part; };
  if (row_count == 0) return counts;
  if (options_.on_bad_row == OnBadRow::kFail) {
    merge_range(0, row_count);
    keep();
  } else {
    const auto refuse = [&](std::uint64_t row, const Error& reason) { refuse_staged(row, reason); };
    leave_out_bad_rows(*target_, {merge_range, keep, refuse}, 0, row_count);
  }
  return counts;
}

void TableLoad::refuse_staged(std::uint64_t row, const Error& reason) {
  std::vector<std::string> names, quoted;
  for (const MatchedColumn& matched : plan_.match.columns) {
    names.push_back(schema_[matched.source].name);
    quoted.push_back(target_->quoted_name(matched.target.name));
  }
  const auto rows = target_->rows(
      cat("SELECT ", join(quoted, ", "), " FROM ", staging_.quoted, " WHERE ", kStagedRowColumn, " = ", row));
  invariant(!rows.empty(), "a staged row that is refused is there");
  bad_rows_.refuse_staged(row, names, rows.front(), reason);
  bad_rows_.keep_piece();
}

void TableLoad::finish_load(const LoadRecord& record, LoadResult& result) {
  if (options_.delete_missing != DeleteMissing::kOff) delete_missing(result);
  for (const std::string& statement : options_.post_sql) target_->run(statement);
  if (record.mark) MarkTable(*target_, plan_.table).keep(context_.load_id().mark_name, *record.mark);
}

void TableLoad::delete_missing(LoadResult& result) {
  if (bad_rows_.count() > 0) {
    return context_.warn("load.nothing_deleted",
                         cat("rows were left out, so that nobody can tell which rows of ", plan_.table.name,
                             " are missing: none was deleted"),
                         "correct the rows in the quarantine file, then run again");
  }
  result.merge->deleted = target_->delete_missing(plan_.table, options_, staging_);
}

void TableLoad::commit_chunk(const LoadRecord* last) {
  begin();
  LedgerEntry entry;
  entry.chunk = chunk_.number;
  entry.handed_rows = chunk_.handed_rows;
  entry.result = finish_rows();
  entry.is_last = last != nullptr;
  if (last != nullptr) finish_load(*last, entry.result);
  if (digest_) entry.digest = digest_->text();
  if (ledger_) ledger_->add(entry);
  commit_for_certain();
  is_begun_ = false;
  end_chunk(entry.result);
}

void TableLoad::end_chunk(const LoadResult& result) {
  add_result(total_, result);
  chunk_ = {chunk_.number + 1, 0};
}

/// Commits, and finds out what became of it where the answer does not come.
void TableLoad::commit_for_certain() {
  try {
    target_->commit();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kConnection) throw;
    is_begun_ = false;  // whatever became of it, it is over on this connection
    find_out_commit(error);
  }
}

void TableLoad::find_out_commit(const Error& cause) {
  if (!ledger_) {
    throw Error(ErrorKind::kConnection, "load.commit_unknown",
                cat("the answer to COMMIT was lost, and without a ledger nobody can tell what became of it: ",
                    cause.message()),
                "look into the table before you run again; with ledger: true it is decided");
  }
  bool has_committed = false;
  try {
    target_->reconnect();
    has_committed = ledger_->has_committed(chunk_.number);
  } catch (const Error& error) {
    throw Error(ErrorKind::kConnection, "load.commit_unknown",
                cat("the answer to COMMIT was lost, and what became of it cannot be found out now: ",
                    error.message()),
                "osiris run --resume finds it out and finishes the load")
        .retryable();
  }
  staging_ = {};  // it went with the old connection
  if (has_committed) return;
  throw Error(ErrorKind::kConnection, "load.commit_lost",
              cat("COMMIT failed, and nothing was committed: ", cause.message()), "run again")
      .retryable();
}

LoadResult TableLoad::commit(const LoadRecord& record) {
  if (is_complete()) return *complete_result(committed_);
  if (is_repetition()) {
    throw Error(ErrorKind::kData, "load.resume_differs",
                cat("the source gives fewer rows than before: it ends after ", counted(handed_rows_, "row"),
                    ", and more are committed"),
                "begin a new run once the rows that are there are removed, or use upsert");
  }
  commit_chunk(&record);
  return total_;
}

void TableLoad::abort(std::chrono::steady_clock::time_point deadline) noexcept {
  sender_.break_off();
  if (is_begun_) target_->rollback(deadline);
}

}  // namespace osiris
