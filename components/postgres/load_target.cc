#include "postgres/load_target.h"

#include <algorithm>
#include <limits>

#include <poll.h>

#include "base/text.h"
#include "postgres/copy_sink.h"
#include "postgres/merge.h"
#include "postgres/table_lookup.h"
#include "postgres/type_verdicts.h"

namespace osiris::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kStaging = "pg_temp.\"_osiris_staging\"";

/// "name" type NOT NULL.
std::string definition(const TargetColumn& column) {
  return cat(quoted_name(column.name), " ", column.declared, column.is_nullable ? "" : " NOT NULL");
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(quoted_name(name));
  return join(quoted, ", ");
}

/// Ends what a connection is doing and its transaction, without waiting past a deadline.
class Rollback {
 public:
  Rollback(PGconn* handle, Clock::time_point deadline) : handle_(handle), deadline_(deadline) {
    PQsetnonblocking(handle_, 1);
  }
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() { PQsetnonblocking(handle_, 0); }

  /// Whether the server has answered that the transaction is undone.
  bool run() {
    if (PQtransactionStatus(handle_) == PQTRANS_ACTIVE) {
      // Nothing but a COPY is ever left under way; a statement that was given up has no connection any more.
      if (PQputCopyEnd(handle_, "the load was broken off") < 0 || !drain()) return false;
    }
    if (PQtransactionStatus(handle_) == PQTRANS_IDLE) return true;
    return PQsendQuery(handle_, "ROLLBACK") != 0 && drain() && PQtransactionStatus(handle_) == PQTRANS_IDLE;
  }

 private:
  /// Sends what is to be sent and reads all results.
  bool drain() {
    for (;;) {
      const int unsent = PQflush(handle_);
      if (unsent < 0) return false;
      if (unsent == 0 && PQisBusy(handle_) == 0) {
        PGresult* const result = PQgetResult(handle_);
        if (result == nullptr) return true;
        PQclear(result);
        continue;
      }
      if (!wait(unsent > 0 ? POLLIN | POLLOUT : POLLIN) || PQconsumeInput(handle_) == 0) return false;
    }
  }

  bool wait(int events) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) return false;
    pollfd watched{PQsocket(handle_), static_cast<short>(events), 0};
    const auto most = std::numeric_limits<int>::max();
    return poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left.count(), most))) > 0;
  }

  PGconn* handle_;
  Clock::time_point deadline_;
};

}  // namespace

PostgresTarget::PostgresTarget(Context& context, LossyColumns lossy)
    : context_(&context), lossy_(std::move(lossy)) {
  const auto begin = Clock::now();
  connection_ = std::make_unique<Connection>(context.connection(), context.cancellation());
  context.connection_opened(connection_->server(),
                            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
}

std::optional<TargetTable> PostgresTarget::find_table(const std::string& name) {
  return postgres::find_table(*connection_, name);
}
TargetTable PostgresTarget::unmade_table(const std::string& name) {
  return postgres::unmade_table(*connection_, name);
}
TargetColumn PostgresTarget::column_for(const ColumnType& source, bool is_key) const {
  return postgres::column_for(source, is_key);
}
Judgement PostgresTarget::judge(const ColumnType& source, const TargetColumn& target) const {
  return postgres::judge(source, target);
}

std::string PostgresTarget::quoted_name(std::string_view name) const { return postgres::quoted_name(name); }
std::string PostgresTarget::literal(std::string_view text) const { return connection_->literal(text); }
std::uint64_t PostgresTarget::run(const std::string& statement) { return connection_->run(statement); }
std::vector<Row> PostgresTarget::rows(const std::string& statement) { return connection_->rows(statement); }
std::string PostgresTarget::insert_unless_there(const std::string& insert) const {
  return cat(insert, " ON CONFLICT DO NOTHING");
}

void PostgresTarget::begin() {
  connection_->run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  if (lock_wait_) connection_->run(cat("SET LOCAL lock_timeout = ", lock_wait_->count()));
  lock_wait_.reset();
}

void PostgresTarget::commit() { connection_->run("COMMIT"); }

void PostgresTarget::rollback(Clock::time_point deadline) noexcept {
  if (connection_ != nullptr && !Rollback(connection_->handle(), deadline).run()) connection_->abandon();
}

void PostgresTarget::reconnect() {
  connection_.reset();
  connection_ = std::make_unique<Connection>(context_->connection(), context_->cancellation());
}

void PostgresTarget::limit_lock_wait(std::chrono::milliseconds limit) { lock_wait_ = limit; }

void PostgresTarget::create_table(const TargetTable& table, const std::vector<std::string>& primary_key) {
  std::vector<std::string> parts;
  for (const TargetColumn& column : table.columns) parts.push_back(definition(column));
  if (!primary_key.empty()) parts.push_back(cat("PRIMARY KEY (", quoted_list(primary_key), ")"));
  connection_->run(cat("CREATE TABLE ", table.quoted, " (", join(parts, ", "), ")"));
}

void PostgresTarget::add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) {
  std::vector<std::string> parts;
  for (const TargetColumn& column : columns) parts.push_back(cat("ADD COLUMN ", definition(column)));
  if (!parts.empty()) connection_->run(cat("ALTER TABLE ", table.quoted, " ", join(parts, ", ")));
}

void PostgresTarget::remove_rows(const TargetTable& table, WriteMode mode) {
  connection_->run(cat(mode == WriteMode::kTruncate ? "TRUNCATE " : "DELETE FROM ", table.quoted));
}

Staging PostgresTarget::stage(const TargetTable& table, const TableMatch& match) {
  std::vector<std::string> names;
  for (const MatchedColumn& column : match.columns) names.push_back(column.target.name);
  // Made from the table's columns, so that types and lengths are theirs and defaults and rules are not.
  connection_->run(cat("DROP TABLE IF EXISTS ", kStaging,
                       "; CREATE TEMP TABLE \"_osiris_staging\" AS SELECT ", quoted_list(names),
                       ", 0::bigint AS ", kRowNumberColumn, " FROM ", table.quoted, " WITH NO DATA"));
  return {.quoted = std::string(kStaging)};
}

void PostgresTarget::clear_staging(const Staging& staging) {
  connection_->run(cat("TRUNCATE ", staging.quoted));
}

MergeCounts PostgresTarget::merge(const TargetTable& table, const TableMatch& match,
                                  const LoadOptions& options, const Staging& staging) {
  // Joins of whole loads are hashed in memory; what the server is set to otherwise serves small queries.
  connection_->run(
      "SELECT set_config('work_mem', '128MB', true) "
      "WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('128MB'); "
      "SET LOCAL jit = off");
  connection_->run(cat("ANALYZE ", staging.quoted));
  return Merge(*this, table, options, staging).merge(match);
}

std::uint64_t PostgresTarget::delete_missing(const TargetTable& table, const LoadOptions& options,
                                             const Staging& staging) {
  return Merge(*this, table, options, staging).delete_missing();
}

std::unique_ptr<RowSink> PostgresTarget::open_sink(const std::string& table, const Schema& schema,
                                                   const TableMatch& match,
                                                   std::optional<std::uint64_t> first_staged_row,
                                                   RowPolicy& policy) {
  return std::make_unique<CopySink>(*connection_, *context_, CopySink::Target{table, first_staged_row},
                                    schema, match, lossy_, policy);
}

std::string PostgresTarget::road(const Schema& schema, const TableMatch& match) const {
  if (copy_format(match) == CopyFormat::kText) return "copy text";
  // What comes through a SQL step is decoded, and its columns do not tell.
  return RelayCheck(schema, match).admits(schema) ? "copy binary, undecoded rows relayed" : "copy binary";
}

}  // namespace osiris::postgres
