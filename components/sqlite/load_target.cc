#include "sqlite/load_target.h"

#include <chrono>
#include <filesystem>

#include "base/text.h"
#include "sqlite/connection.h"
#include "sqlite/insert_sink.h"
#include "sqlite/merge.h"
#include "sqlite/table_lookup.h"
#include "sqlite/type_verdicts.h"

namespace osiris::sqlite {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kStaging = "temp.\"_osiris_staging\"";

/// "name" TYPE NOT NULL.
std::string definition(const TargetColumn& column) {
  return cat(quoted_name(column.name), " ", column.declared, column.is_nullable ? "" : " NOT NULL");
}

Purpose purpose_of(const Config& config, Context& context, MissingFile missing) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(context.connection().plain().text("path"), ignored);
  if (is_there || !config.boolean("create_if_missing")) return Purpose::kWrite;
  return missing == MissingFile::kMake ? Purpose::kMake : Purpose::kStandIn;
}

class Target : public LoadTarget {
 public:
  Target(const Config& config, Context& context, MissingFile missing)
      : context_(&context), purpose_(purpose_of(config, context, missing)) {
    const auto begin = Clock::now();
    connect();
    context.connection_opened(Connection::server(),
                              std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  }

  std::optional<TargetTable> find_table(const std::string& name) override {
    return sqlite::find_table(*connection_, name);
  }
  TargetTable unmade_table(const std::string& name) override { return sqlite::unmade_table(name); }
  TargetColumn column_for(const ColumnType& source, bool is_key) const override {
    return sqlite::column_for(source, is_key);
  }
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override {
    return passage_of(source, target).judgement;
  }

  std::string quoted_name(std::string_view name) const override { return sqlite::quoted_name(name); }
  std::string literal(std::string_view text) const override { return sqlite::literal(text); }
  std::uint64_t run(const std::string& statement) override { return connection_->run(statement); }
  std::vector<Row> rows(const std::string& statement) override;
  std::string insert_unless_there(const std::string& insert) const override {
    return cat(insert, " ON CONFLICT DO NOTHING");
  }

  /// Takes the lock at once: a load that found it taken half-way could only give up.
  void begin() override;
  void commit() override { connection_->run("COMMIT"); }
  void rollback(Clock::time_point deadline) noexcept override;
  void reconnect() override { connect(); }
  void limit_lock_wait(std::chrono::milliseconds limit) override { lock_wait_ = limit; }
  bool has_transactional_ddl() const override { return true; }

  void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) override;
  void add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) override;
  void remove_rows(const TargetTable& table, WriteMode) override {
    connection_->run(cat("DELETE FROM ", table.quoted));
  }
  bool truncates_in_transaction() const override { return true; }

  Staging stage(const TargetTable& table, const TableMatch& match) override;
  void clear_staging(const Staging& staging) override;
  MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                    const Staging& staging) override {
    index_staging(options);
    return Merge(*this, table, options, staging).merge(match);
  }
  std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                               const Staging& staging) override {
    return Merge(*this, table, options, staging).delete_missing();
  }

  std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema, const TableMatch& match,
                                     std::optional<std::uint64_t> first_staged_row,
                                     RowPolicy& policy) override {
    return open_insert_sink(*connection_, *context_, table, schema, match, first_staged_row, policy);
  }
  std::string road(const Schema&, const TableMatch&) const override { return "prepared insert"; }

 private:
  void connect();
  void index_staging(const LoadOptions& options);

  Context* context_;
  Purpose purpose_;
  std::optional<std::chrono::milliseconds> lock_wait_;
  std::unique_ptr<Connection> connection_;
};

void Target::connect() {
  connection_.reset();
  connection_ =
      std::make_unique<Connection>(context_->connection(), context_->cancellation(), purpose_, context_);
}

/// SQLite has one number for everything that is wrong with a statement, so a table of ours that is not there
/// is looked for.
std::vector<Row> Target::rows(const std::string& statement) {
  for (const std::string_view table : {"_osiris_loads", "_osiris_state"}) {
    const bool is_read = statement.find(cat(" FROM \"", table, "\"")) != std::string::npos;
    if (is_read && connection_->rows(cat("SELECT 1 FROM sqlite_schema WHERE name = '", table, "'")).empty()) {
      throw Error(ErrorKind::kUser, "query.unknown_table", cat("the table does not exist: '", table, "'"));
    }
  }
  return connection_->rows(statement);
}

void Target::begin() {
  connection_->set_patience(lock_wait_.value_or(context_->connection().plain().duration("busy_timeout")));
  lock_wait_.reset();
  connection_->run("BEGIN IMMEDIATE");
}

void Target::rollback(Clock::time_point) noexcept {
  if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle()) != 0) return;
  // It waits for nobody, and what it cannot undo the journal does when the file is opened next.
  sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Target::create_table(const TargetTable& table, const std::vector<std::string>& primary_key) {
  std::vector<std::string> parts, key;
  for (const TargetColumn& column : table.columns) parts.push_back(definition(column));
  for (const std::string& name : primary_key) key.push_back(sqlite::quoted_name(name));
  if (!key.empty()) parts.push_back(cat("PRIMARY KEY (", join(key, ", "), ")"));
  connection_->run(cat("CREATE TABLE ", table.quoted, " (", join(parts, ", "), ")"));
}

void Target::add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) {
  for (const TargetColumn& column : columns) {
    connection_->run(cat("ALTER TABLE ", table.quoted, " ADD COLUMN ", definition(column)));
  }
}

/// With the table's types and collations, so that a staged value is already what it will be.
Staging Target::stage(const TargetTable& table, const TableMatch& match) {
  std::vector<std::string> parts;
  for (const MatchedColumn& column : match.columns) {
    const std::string collation = collation_of(*connection_, table.name, column.target.name);
    parts.push_back(cat(sqlite::quoted_name(column.target.name), " ", column.target.declared, " COLLATE ",
                        sqlite::quoted_name(collation)));
  }
  parts.push_back(cat(kStagedRowColumn, " INTEGER PRIMARY KEY"));
  connection_->run(cat("DROP TABLE IF EXISTS ", kStaging));
  connection_->run(cat("CREATE TABLE ", kStaging, " (", join(parts, ", "), ")"));
  return {.quoted = std::string(kStaging)};
}

/// Finds staged rows by their key. Made once the rows are there, which is faster than keeping it while they
/// come.
void Target::index_staging(const LoadOptions& options) {
  std::vector<std::string> keys;
  for (const std::string& key : options.primary_key) keys.push_back(sqlite::quoted_name(key));
  connection_->run(cat("CREATE INDEX IF NOT EXISTS temp.\"_osiris_staging_key\" ON \"_osiris_staging\" (",
                       join(keys, ", "), ", ", kStagedRowColumn, ")"));
}

void Target::clear_staging(const Staging& staging) {
  connection_->run(cat("DROP INDEX IF EXISTS temp.\"_osiris_staging_key\"; DELETE FROM ", staging.quoted));
}

}  // namespace

std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, MissingFile missing) {
  return std::make_unique<Target>(config, context, missing);
}

}  // namespace osiris::sqlite
