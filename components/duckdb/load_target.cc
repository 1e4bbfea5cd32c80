#include "duckdb/load_target.h"

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/connection.h"
#include "duckdb/insert_sink.h"
#include "duckdb/merge.h"
#include "duckdb/row_converter.h"
#include "duckdb/table_lookup.h"
#include "duckdb/type_verdicts.h"
#include "engine/database_file.h"

namespace osiris::duckdb {

namespace {

using Clock = std::chrono::steady_clock;
using Cells = std::vector<std::optional<std::string>>;

constexpr const char* kStaging = "\"_osiris_staging\"";

/// "name" TYPE NOT NULL.
std::string definition(const TargetColumn& column) {
  return cat(quoted_name(column.name), " ", column.declared, column.is_nullable ? "" : " NOT NULL");
}

class Target : public LoadTarget {
 public:
  Target(const Config& config, Context& context, Purpose purpose)
      : context_(&context), may_make_(config.boolean("create_if_missing")), purpose_(purpose) {
    const auto begin = Clock::now();
    connect();
    context.connection_opened(server(),
                              std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
  }

  std::optional<TargetTable> find_table(const std::string& name) override {
    return duckdb::find_table(*database_, name);
  }
  TargetTable unmade_table(const std::string& name) override { return duckdb::unmade_table(name); }
  TargetColumn column_for(const ColumnType& source, bool is_key) const override {
    return duckdb::column_for(source, is_key);
  }
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override {
    return passage_of(source, target).judgement;
  }

  std::string quoted_name(std::string_view name) const override { return duckdb::quoted_name(name); }
  std::string literal(std::string_view text) const override { return duckdb::literal(text); }
  std::uint64_t run(const std::string& statement) override { return database_->run(statement); }
  std::vector<Cells> rows(const std::string& statement) override;
  std::string insert_unless_there(const std::string& insert) const override {
    return cat(insert, " ON CONFLICT DO NOTHING");
  }

  void begin() override { database_->run("BEGIN TRANSACTION"); }
  void commit() override { database_->run("COMMIT"); }
  void rollback(Clock::time_point) noexcept override {
    if (database_ != nullptr) database_->roll_back();
  }
  void reconnect() override { connect(); }
  /// Nobody waits here: another process cannot open the file, and transactions of this one that meet fail.
  void limit_lock_wait(std::chrono::milliseconds) override {}
  bool has_savepoints() const override { return false; }
  bool has_transactional_ddl() const override { return true; }

  void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) override;
  void add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) override;
  void remove_rows(const TargetTable& table, WriteMode) override {
    database_->run(cat("DELETE FROM ", table.quoted));
  }
  bool truncates_in_transaction() const override { return true; }

  Staging stage(const TargetTable& table, const TableMatch& match) override;
  void clear_staging(const Staging& staging) override { database_->run(cat("DELETE FROM ", staging.quoted)); }
  MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                    const Staging& staging) override {
    return Merge(*this, table, options, staging).merge(match);
  }
  std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                               const Staging& staging) override {
    return Merge(*this, table, options, staging).delete_missing();
  }

  std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema, const TableMatch& match,
                                     std::optional<std::uint64_t> first_staged_row,
                                     RowPolicy& policy) override;
  std::string road(const Schema&, const TableMatch&) const override { return "insert of row groups"; }

 private:
  void connect();

  Context* context_;
  bool may_make_;
  Purpose purpose_;
  std::unique_ptr<DatabaseFile> database_;
  std::unique_ptr<RowFeed> feed_;  ///< of all sinks, for their rows are alike
};

void Target::connect() {
  feed_.reset();
  database_.reset();
  SqlOptions options = file_options(*context_);
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(options.database_file, ignored);
  if (!is_there && !may_make_) {
    throw Error(ErrorKind::kUser, "connection.unknown_database",
                cat("the database file is not there: '", options.database_file.string(), "'"),
                cat("check path of ", context_->connection().reference(),
                    "; create_if_missing: true makes the file"));
  }
  if (!is_there && purpose_ == Purpose::kLook) options.database_file.clear();
  const bool only_looks = is_there && purpose_ == Purpose::kLook;
  database_ = std::make_unique<DatabaseFile>(
      options, only_looks ? DatabaseFile::Access::kOnlyLook : DatabaseFile::Access::kWrite);
}

/// The engine tells what is wrong with a statement by its text alone, so a table of ours that is not there is
/// looked for.
std::vector<Cells> Target::rows(const std::string& statement) {
  for (const std::string_view table : {"_osiris_loads", "_osiris_state"}) {
    const bool is_read = statement.find(cat(".\"", table, "\" WHERE")) != std::string::npos;
    const std::size_t from = statement.find(" FROM ");
    if (!is_read || from == std::string::npos) continue;
    const std::size_t begin = from + std::string_view(" FROM ").size();
    const std::string name = statement.substr(begin, statement.find(" WHERE", begin) - begin);
    if (database_
            ->rows(cat("SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND '\"' || "
                       "replace(schema_name, '\"', '\"\"') || '\".\"' || table_name || '\"' = ",
                       duckdb::literal(name)))
            .empty()) {
      throw Error(ErrorKind::kUser, "query.unknown_table", cat("the table does not exist: ", name));
    }
  }
  return database_->rows(statement);
}

void Target::create_table(const TargetTable& table, const std::vector<std::string>& primary_key) {
  std::vector<std::string> parts, key;
  for (const TargetColumn& column : table.columns) parts.push_back(definition(column));
  for (const std::string& name : primary_key) key.push_back(duckdb::quoted_name(name));
  if (!key.empty()) parts.push_back(cat("PRIMARY KEY (", join(key, ", "), ")"));
  database_->run(cat("CREATE TABLE ", table.quoted, " (", join(parts, ", "), ")"));
}

void Target::add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) {
  for (const TargetColumn& column : columns) {
    database_->run(cat("ALTER TABLE ", table.quoted, " ADD COLUMN ", definition(column)));
  }
}

Staging Target::stage(const TargetTable& table, const TableMatch& match) {
  std::vector<std::string> names;
  for (const MatchedColumn& column : match.columns) names.push_back(duckdb::quoted_name(column.target.name));
  database_->run(cat("CREATE OR REPLACE TEMP TABLE ", kStaging, " AS SELECT ", join(names, ", "),
                     ", 0::BIGINT AS ", kStagedRowColumn, " FROM ", table.quoted, " LIMIT 0"));
  return {.quoted = kStaging};
}

std::unique_ptr<RowSink> Target::open_sink(const std::string& table, const Schema& schema,
                                           const TableMatch& match,
                                           std::optional<std::uint64_t> first_staged_row, RowPolicy& policy) {
  RowConverter converter(schema, match, first_staged_row);
  if (feed_ == nullptr) feed_ = std::make_unique<RowFeed>(*database_, converter.schema());
  return std::make_unique<InsertSink>(*feed_, *context_, table, match, std::move(converter),
                                      first_staged_row.has_value(), policy);
}

}  // namespace

std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, Purpose purpose) {
  return std::make_unique<Target>(config, context, purpose);
}

}  // namespace osiris::duckdb
