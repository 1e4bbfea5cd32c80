#include "sqlite/connection.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "sqlite/errors.h"

namespace osiris::sqlite {

namespace {

using Clock = std::chrono::steady_clock;

std::string doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) quoted.append(c == quote ? 2 : 1, c);
  return quoted += quote;
}

Row cells(sqlite3_stmt* statement) {
  Row row;
  for (int column = 0; column < sqlite3_column_count(statement); ++column) {
    auto& cell = row.emplace_back();
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) continue;
    const auto* const text = static_cast<const char*>(sqlite3_column_blob(statement, column));
    cell.emplace(text == nullptr ? "" : text,
                 text == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  }
  return row;
}

}  // namespace

std::string quoted_name(std::string_view name) { return doubled(name, '"'); }

std::string literal(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return doubled(text, '\'');
  return cat("CAST(x'", to_hex(text), "' AS TEXT)");
}

Connection::Connection(const ConnectionConfig& config, Cancellation& cancellation, Purpose purpose,
                       Context* context)
    : config_(&config),
      cancellation_(&cancellation),
      context_(context),
      patience_(config.plain().duration("busy_timeout")) {
  open(purpose);
  sqlite3_busy_handler(handle(), wait_for_lock, this);
  sqlite3_extended_result_codes(handle(), 1);
  // A file from elsewhere may hold a schema that was made to do harm.
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A text in double quotes that names no column is a mistake, not a string.
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  const bool enforces_keys = config.plain().boolean("foreign_keys");
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_ENABLE_FKEY, enforces_keys ? 1 : 0, nullptr);
  // Whoever only looks does not move the rows of a write-ahead log into the file.
  if (purpose == Purpose::kRead) sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  hook_ = cancellation.on_cancel([database = handle()] { sqlite3_interrupt(database); });
  cancellation.check();
  rows("SELECT count(*) FROM sqlite_schema");  // what is no database says so now
}

/// A reader's connection could write, for only such a one undoes what a program that died left half-done.
void Connection::open(Purpose purpose) {
  const std::string path = config_->plain().text("path");
  const std::string name = purpose == Purpose::kStandIn ? ":memory:" : path;
  const bool may_make = purpose == Purpose::kMake || purpose == Purpose::kStandIn;
  std::error_code ignored;
  if (!may_make && !std::filesystem::exists(path, ignored)) {
    throw Error(ErrorKind::kUser, "connection.unknown_database",
                cat("the database file is not there: '", path, "'"),
                cat("check path of ", config_->reference(),
                    "; a writer with create_if_missing: true makes the file"));
  }
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (may_make ? SQLITE_OPEN_CREATE : 0);
  const int status = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (status != SQLITE_OK) fail(status);
}

std::string Connection::server() { return cat("SQLite ", sqlite3_libversion()); }

void Connection::only_read() { run("PRAGMA query_only = ON"); }

int Connection::wait_for_lock(void* self, int attempt) {
  return static_cast<Connection*>(self)->wait_for_lock(attempt) ? 1 : 0;
}

bool Connection::wait_for_lock(int attempt) {
  constexpr std::chrono::milliseconds kFirst{1}, kMost{50};
  constexpr int kQuickAttempts = 6;
  // A transaction under way wants its pages out of memory, and would wait for readers for nothing: it can
  // keep them until it commits. One of those readers may be a step of this run, which waits for the load in
  // turn.
  if (sqlite3_get_autocommit(handle()) == 0 && sqlite3_txn_state(handle(), "main") == SQLITE_TXN_WRITE) {
    return false;
  }
  if (attempt == 0) wait_end_ = Clock::now() + patience_;
  if (Clock::now() >= wait_end_) return false;
  if (context_ != nullptr && attempt == kQuickAttempts && !std::exchange(has_told_of_wait_, true)) {
    context_->warn("connection.waiting",
                   cat("the database is locked by another connection; waiting up to ",
                       human_duration(patience_.count()), ": '", config_->plain().text("path"), "'"),
                   "let the other program end its transaction");
  }
  const auto delay = std::min(kFirst * (1 << std::min(attempt, kQuickAttempts)), kMost);
  return osiris::wait_for(delay, *cancellation_);
}

Statement Connection::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  Statement statement(raw);
  if (status != SQLITE_OK) fail(status);
  return statement;
}

bool Connection::step(sqlite3_stmt* statement) const {
  const int status = sqlite3_step(statement);
  if (status == SQLITE_ROW) return true;
  if (status != SQLITE_DONE) fail(status);
  return false;
}

std::uint64_t Connection::run(std::string_view sql) const {
  const std::int64_t before = sqlite3_total_changes64(handle());
  std::int64_t changed = 0;
  const char* next = sql.data();
  const char* const end = sql.data() + sql.size();
  while (next < end) {
    sqlite3_stmt* raw = nullptr;
    const int status = sqlite3_prepare_v2(handle(), next, static_cast<int>(end - next), &raw, &next);
    const Statement statement(raw);
    if (status != SQLITE_OK) fail(status);
    if (raw == nullptr) continue;  // a blank or a comment
    while (step(raw)) {
    }
    // Rows that foreign keys or triggers changed on the way are not the statement's.
    if (sqlite3_total_changes64(handle()) != before) changed = sqlite3_changes64(handle());
  }
  return static_cast<std::uint64_t>(changed);
}

std::vector<Row> Connection::rows(std::string_view sql) const {
  const Statement statement = prepare(sql);
  std::vector<Row> rows;
  while (step(statement.get())) rows.push_back(cells(statement.get()));
  return rows;
}

void Connection::fail(int status) const {
  cancellation_->check();
  const char* const text = handle_ == nullptr ? "no memory" : sqlite3_errmsg(handle());
  throw database_error(status, text, *config_);
}

namespace {

/// Read-only, whatever it is opened with.
std::string look_at_table(const ConnectionConfig& config, const std::string& table,
                          Cancellation& cancellation) {
  Connection connection(config, cancellation, Purpose::kRead);
  connection.only_read();
  connection.rows(cat("SELECT 1 FROM ", quoted_name(table), " LIMIT 1"));
  return "can be read";
}

}  // namespace

void describe_connection(ConnectionType& type) {
  type.ping = [](const ConnectionConfig& config, Cancellation& cancellation) {
    const Connection connection(config, cancellation, Purpose::kRead);
    return Connection::server();
  };
  type.look_at_table = look_at_table;
}

}  // namespace osiris::sqlite
