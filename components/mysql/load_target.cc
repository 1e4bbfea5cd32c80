#include "mysql/load_target.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "mysql/connection.h"
#include "mysql/merge_sql.h"
#include "mysql/row_sinks.h"
#include "mysql/table_lookup.h"
#include "mysql/table_read.h"
#include "mysql/type_verdicts.h"

namespace osiris::mysql {

namespace {

constexpr unsigned long kFirstWithUuid = 100700;  ///< MariaDB 10.7.0

/// Measured, a million rows of ten columns: 0.85, 1.0 and 1.6 times what LOAD DATA takes.
enum class Road { kBulk, kLoadData, kInsert };

std::string to_string(Road road) {
  switch (road) {
    case Road::kBulk:
      return "bulk insert";
    case Road::kLoadData:
      return "load data";
    case Road::kInsert:
      return "multi-row insert";
  }
  return {};
}

/// What the server says about how rows may come.
struct Roads {
  bool has_bulk = false;
  bool has_load_data = false;
  std::size_t most_statement_bytes = 0;
};

Roads roads_of(Connection& connection) {
  constexpr std::size_t kMost = std::size_t{16} << 20;
  constexpr std::size_t kHead = 4096;  // what a statement needs beside its rows
  unsigned long extended = 0;
  const bool is_told =
      mariadb_get_infov(connection.handle(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended) == 0;
  Roads roads;
  roads.has_bulk = is_told && (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U)) != 0;
  const Row row = connection.rows("SELECT @@local_infile, @@max_allowed_packet")[0];
  roads.has_load_data = row[0] == "1";
  const auto packet = static_cast<std::size_t>(parse_integer(row[1].value_or("")).value_or(0));
  roads.most_statement_bytes = std::min(kMost, std::max(packet, 2 * kHead) - kHead);
  return roads;
}

Road chosen_road(const std::string& wish, const Roads& roads) {
  if (wish == "insert") return Road::kInsert;
  if (roads.has_bulk && (wish == "auto" || wish == "bulk")) return Road::kBulk;
  if (roads.has_load_data && (wish == "auto" || wish == "load_data")) return Road::kLoadData;
  if (wish == "auto") return Road::kInsert;
  throw Error(ErrorKind::kUser, "load.road_unavailable", cat("the server has no road '", wish, "'"),
              wish == "bulk" ? "MariaDB has it; leave 'road' out to take the fastest that there is"
                             : "set local_infile on the server, or leave 'road' out");
}

class Target : public LoadTarget {
 public:
  Target(const Config& config, Context& context, bool is_preview)
      : config_(&context.connection()),
        cancellation_(&context.cancellation()),
        key_(config.texts("primary_key")),
        wish_(config.text("road")),
        is_preview_(is_preview) {
    const auto begin = std::chrono::steady_clock::now();
    connect();
    context.connection_opened(connection_->server(), std::chrono::duration_cast<std::chrono::microseconds>(
                                                         std::chrono::steady_clock::now() - begin));
  }

  std::optional<TargetTable> find_table(const std::string& name) override {
    return mysql::find_table(*connection_, parse_table_name(name));
  }
  TargetTable unmade_table(const std::string& name) override {
    return named_table(*connection_, parse_table_name(name));
  }
  TargetColumn column_for(const ColumnType& source, bool is_key) const override;
  Judgement judge(const ColumnType& source, const TargetColumn& target) const override {
    return passage_of(source, target).judgement;
  }

  std::string quoted_name(std::string_view name) const override { return mysql::quoted_name(name); }
  std::string literal(std::string_view text) const override { return connection_->literal(text); }
  std::uint64_t run(const std::string& statement) override { return connection_->run(statement); }
  std::vector<Row> rows(const std::string& statement) override { return connection_->rows(statement); }
  std::string insert_unless_there(const std::string& insert) const override;

  void begin() override;
  void commit() override { connection_->run("COMMIT"); }
  void rollback(std::chrono::steady_clock::time_point deadline) noexcept override {
    connection_->roll_back(deadline);
  }
  void reconnect() override { connect(); }
  void limit_lock_wait(std::chrono::milliseconds limit) override;
  bool has_transactional_ddl() const override { return false; }

  void create_table(const TargetTable& table, const std::vector<std::string>& primary_key) override;
  void add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) override;
  void remove_rows(const TargetTable& table, WriteMode mode) override;
  bool truncates_in_transaction() const override { return false; }

  Staging stage(const TargetTable& table, const TableMatch& match) override;
  void clear_staging(const Staging& staging) override;
  MergeCounts merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                    const Staging& staging) override;
  std::uint64_t delete_missing(const TargetTable& table, const LoadOptions& options,
                               const Staging& staging) override {
    return connection_->run(delete_missing_sql(table, options, staging));
  }

  std::unique_ptr<RowSink> open_sink(const std::string& table, const Schema& schema, const TableMatch& match,
                                     std::optional<std::uint64_t> first_staged_row,
                                     RowPolicy& policy) override;
  std::string road(const Schema&, const TableMatch&) const override { return to_string(road_); }

 private:
  void connect();
  std::string declaration(const TargetColumn& column, bool may_be_null) const;

  const ConnectionConfig* config_;
  Cancellation* cancellation_;
  std::vector<std::string> key_;
  std::string wish_;
  bool is_preview_;
  std::optional<Connection> connection_;
  Roads roads_;
  Road road_ = Road::kInsert;
  std::string create_staging_;
};

void Target::connect() {
  connection_.emplace(*config_, *cancellation_, true);
  connection_->begin_writing();
  if (is_preview_) connection_->run("SET SESSION TRANSACTION READ ONLY");
  roads_ = roads_of(*connection_);
  road_ = chosen_road(wish_, roads_);
}

TargetColumn Target::column_for(const ColumnType& source, bool is_key) const {
  const bool is_mariadb = connection_->is_mariadb();
  const bool has_uuid = is_mariadb && mysql_get_server_version(connection_->handle()) >= kFirstWithUuid;
  return mysql::column_for(source, is_key, {has_uuid, is_mariadb});
}

/// The insert names its columns, the key first.
std::string Target::insert_unless_there(const std::string& insert) const {
  const std::size_t open = insert.find('(');
  const std::size_t end = insert.find_first_of(",)", open);
  invariant(open != std::string::npos && end != std::string::npos, "an insert names its columns");
  const std::string key = insert.substr(open + 1, end - open - 1);
  return cat(insert, " ON DUPLICATE KEY UPDATE ", key, " = ", key);
}

void Target::begin() {
  // Off as well: a statement of the user's that ends the transaction must not make each one after it final.
  connection_->run("SET autocommit=0");
  connection_->run("START TRANSACTION");
}

void Target::limit_lock_wait(std::chrono::milliseconds limit) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(limit).count());
  connection_->run(cat("SET innodb_lock_wait_timeout=", seconds, ", lock_wait_timeout=", seconds));
}

std::string Target::declaration(const TargetColumn& column, bool may_be_null) const {
  return cat(mysql::quoted_name(column.name), " ", column.declared, may_be_null ? " NULL" : " NOT NULL");
}

void Target::create_table(const TargetTable& table, const std::vector<std::string>& primary_key) {
  std::vector<std::string> parts, key;
  for (const TargetColumn& column : table.columns) parts.push_back(declaration(column, column.is_nullable));
  for (const std::string& name : primary_key) key.push_back(mysql::quoted_name(name));
  if (!key.empty()) parts.push_back(cat("PRIMARY KEY (", join(key, ", "), ")"));
  connection_->run(cat("CREATE TABLE ", table.quoted, " (", join(parts, ", "),
                       ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"));
}

void Target::add_columns(const TargetTable& table, const std::vector<TargetColumn>& columns) {
  std::vector<std::string> parts;
  for (const TargetColumn& column : columns) parts.push_back(cat("ADD COLUMN ", declaration(column, true)));
  connection_->run(cat("ALTER TABLE ", table.quoted, " ", join(parts, ", ")));
}

void Target::remove_rows(const TargetTable& table, WriteMode mode) {
  connection_->run(cat(mode == WriteMode::kTruncate ? "TRUNCATE TABLE " : "DELETE FROM ", table.quoted));
}

Staging Target::stage(const TargetTable& table, const TableMatch& match) {
  const std::size_t dot = table.ledger.rfind('.');
  Staging staging;
  staging.quoted = cat(table.ledger.substr(0, dot + 1), mysql::quoted_name("_osiris_staging"));
  create_staging_ = create_staging_sql(staging.quoted, table, match, key_);
  clear_staging(staging);
  return staging;
}

/// A new table is faster than one that is emptied, and TRUNCATE would end the transaction.
void Target::clear_staging(const Staging& staging) {
  connection_->run(cat("DROP TEMPORARY TABLE IF EXISTS ", staging.quoted));
  connection_->run(create_staging_);
}

MergeCounts Target::merge(const TargetTable& table, const TableMatch& match, const LoadOptions& options,
                          const Staging& staging) {
  const MergeSql sql = merge_sql(table, match, options, staging);
  const auto distinct =
      static_cast<std::uint64_t>(parse_integer(connection_->rows(sql.count)[0][0].value_or("")).value_or(0));
  MergeCounts counts;
  if (!sql.update.empty()) counts.updated = connection_->run(sql.update);
  counts.inserted = connection_->run(sql.insert);
  counts.unchanged = distinct - counts.inserted - counts.updated;
  return counts;
}

std::unique_ptr<RowSink> Target::open_sink(const std::string& table, const Schema& schema,
                                           const TableMatch& match,
                                           std::optional<std::uint64_t> first_staged_row, RowPolicy& policy) {
  const bool is_staged = first_staged_row.has_value();
  RowEncoder encoder(schema, match, key_, first_staged_row, policy);
  SinkTarget target{table, is_staged, roads_.most_statement_bytes};
  SinkColumns columns(match, is_staged);
  switch (road_) {
    case Road::kBulk:
      return open_bulk_sink(*connection_, std::move(target), columns, std::move(encoder));
    case Road::kLoadData:
      return open_load_data_sink(*connection_, std::move(target), columns, std::move(encoder));
    case Road::kInsert:
      break;
  }
  return open_insert_sink(*connection_, std::move(target), columns, std::move(encoder));
}

}  // namespace

std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, bool is_preview) {
  return std::make_unique<Target>(config, context, is_preview);
}

}  // namespace osiris::mysql
