#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mysql.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "component/config.h"

namespace osiris::mysql {

struct ResultDeleter {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, ResultDeleter>;

struct HandleDeleter {
  void operator()(MYSQL* handle) const { mysql_close(handle); }
};
using Handle = std::unique_ptr<MYSQL, HandleDeleter>;

struct StatementDeleter {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using Statement = std::unique_ptr<MYSQL_STMT, StatementDeleter>;

using Row = std::vector<std::optional<std::string>>;

/// A session on the server. Connecting ends by `connect_timeout`; from then on cancel() ends the traffic,
/// so that every call returns at once with "run.cancelled". Single-threaded.
class Connection {
 public:
  /// `offers_files`: LOAD DATA LOCAL may ask for rows, which come from memory only. See LoadDataSink.
  /// Errors: kConnection "connection.*".
  Connection(const ConnectionConfig& config, Cancellation& cancellation, bool offers_files = false);

  MYSQL* handle() const { return handle_.get(); }
  /// "MariaDB 10.11.19".
  std::string server() const;
  bool is_mariadb() const { return mariadb_connection(handle_.get()) != 0; }

  /// Makes the session print exact text in UTC and opens a snapshot in which the server refuses writes.
  void begin_reading(std::optional<std::chrono::milliseconds> statement_timeout);
  /// Makes the session refuse every value that it would have to change, and wait for slow rows.
  void begin_writing();
  /// Sends one statement, whose result the caller fetches.
  void send(const std::string& statement);
  /// Runs one statement and returns the rows that it changed; results that it gives are dropped.
  std::uint64_t run(const std::string& statement);
  /// Undoes the transaction before the deadline, or ends the connection, by which the server does.
  void roll_back(std::chrono::steady_clock::time_point deadline) noexcept;
  /// All rows of a small result.
  std::vector<Row> rows(const std::string& statement);
  /// 'text' as a literal.
  std::string literal(std::string_view text) const;

  /// Throws what the last call failed with; "run.cancelled" where that is the cause.
  [[noreturn]] void fail() const;
  [[noreturn]] void fail(MYSQL_STMT* statement) const;
  /// The same for an error that the server tells as a warning's row.
  [[noreturn]] void fail(unsigned number, const std::string& text) const;
  /// Answers LOAD DATA LOCAL with an error from now on, as from the start.
  void offer_no_file() const;
  /// Ends the traffic, so that a result that was not read to its end is not drained.
  void abandon() const;

 private:
  void set_options(bool offers_files);
  void set_tls_options(const Config& fields);
  void connect(std::chrono::steady_clock::time_point deadline);
  void require_encryption() const;
  void keep_alive() const;

  const ConnectionConfig* config_;
  Cancellation* cancellation_;
  Handle handle_;
  Cancellation::Hook hook_;  ///< gone before the handle closes the socket
};

}  // namespace osiris::mysql
