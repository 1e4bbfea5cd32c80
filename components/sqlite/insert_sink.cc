#include "sqlite/insert_sink.h"

#include <vector>

#include "base/text.h"
#include "sqlite/errors.h"
#include "sqlite/value_binder.h"

namespace osiris::sqlite {

namespace {

std::string insert_sql(const std::string& table, const TableMatch& match, bool is_staged) {
  std::vector<std::string> names;
  for (const MatchedColumn& column : match.columns) names.push_back(quoted_name(column.target.name));
  if (is_staged) names.push_back(quoted_name(kStagedRowColumn));
  const std::vector<std::string> places(names.size(), "?");
  return cat("INSERT INTO ", table, " (", join(names, ", "), ") VALUES (", join(places, ", "), ")");
}

class InsertSink : public RowSink {
 public:
  InsertSink(Connection& connection, Context& context, const std::string& table, const Schema& schema,
             const TableMatch& match, std::optional<std::uint64_t> first_staged_row, RowPolicy& policy)
      : connection_(&connection),
        context_(&context),
        next_staged_row_(first_staged_row),
        policy_(&policy),
        statement_(connection.prepare(insert_sql(table, match, first_staged_row.has_value()))) {
    for (const MatchedColumn& column : match.columns) {
      binders_.emplace_back(schema[column.source], column, static_cast<int>(binders_.size()) + 1);
    }
  }

  void write(const Batch& batch, std::size_t begin, std::size_t end) override {
    context_->cancellation().check();
    for (std::size_t row = begin; row < end; ++row) {
      if (bind(batch, row)) insert(batch, row);
    }
    context_->count_bytes_written(batch.byte_count() * (end - begin) / batch.row_count());
  }

  std::uint64_t finish() override { return inserted_; }

 private:
  bool bind(const Batch& batch, std::size_t row);
  void insert(const Batch& batch, std::size_t row);

  Connection* connection_;
  Context* context_;
  std::optional<std::uint64_t> next_staged_row_;
  RowPolicy* policy_;
  Statement statement_;
  std::vector<ValueBinder> binders_;
  std::uint64_t inserted_ = 0;
};

bool InsertSink::bind(const Batch& batch, std::size_t row) {
  for (ValueBinder& binder : binders_) {
    const ColumnView& column = batch.column(binder.source());
    const Fit fit = binder.bind(column, row, statement_.get());
    if (fit == Fit::kFits) continue;
    policy_->refuse(batch, row, binder.source(), binder.misfit(fit, column, row));
    return false;
  }
  if (next_staged_row_) {
    sqlite3_bind_int64(statement_.get(), static_cast<int>(binders_.size()) + 1,
                       static_cast<std::int64_t>(*next_staged_row_));
  }
  return true;
}

void InsertSink::insert(const Batch& batch, std::size_t row) {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_DONE) {
    // A trigger may drop a row without a word: RAISE(IGNORE).
    inserted_ += static_cast<std::uint64_t>(sqlite3_changes64(connection_->handle()));
    if (next_staged_row_) ++*next_staged_row_;
    sqlite3_reset(statement_.get());
    return;
  }
  const int refused = status & 0xFF;
  const bool is_about_the_row =
      refused == SQLITE_CONSTRAINT || refused == SQLITE_MISMATCH || refused == SQLITE_TOOBIG;
  if (!is_about_the_row) connection_->fail(status);
  const std::string text = sqlite3_errmsg(connection_->handle());
  sqlite3_reset(statement_.get());
  policy_->refuse(batch, row, std::nullopt, database_error(status, text, context_->connection()));
}

}  // namespace

std::unique_ptr<RowSink> open_insert_sink(Connection& connection, Context& context, const std::string& table,
                                          const Schema& schema, const TableMatch& match,
                                          std::optional<std::uint64_t> first_staged_row, RowPolicy& policy) {
  return std::make_unique<InsertSink>(connection, context, table, schema, match, first_staged_row, policy);
}

}  // namespace osiris::sqlite
