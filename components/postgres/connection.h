#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "base/cancellation.h"
#include "base/error.h"
#include "component/config.h"

namespace osiris::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

struct HandleDeleter {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, HandleDeleter>;

using Row = std::vector<std::optional<std::string>>;

/// A session on the server: UTF-8, UTC, ISO dates, floats in full, standard strings. Connecting ends by
/// `connect_timeout`; from then on cancel() ends the traffic, so that every call returns at once with
/// "run.cancelled". Single-threaded.
class Connection {
 public:
  /// Errors: kConnection "connection.*".
  Connection(const ConnectionConfig& config, Cancellation& cancellation);

  PGconn* handle() const { return handle_.get(); }
  /// "PostgreSQL 15.18".
  std::string server() const;

  /// Opens a snapshot in which the server refuses writes.
  void begin_reading(std::optional<std::chrono::milliseconds> statement_timeout);
  /// Runs one statement or several; returns the rows that the last one changed.
  std::uint64_t run(const std::string& statements);
  /// All rows of a small result, as text.
  std::vector<Row> rows(const std::string& statement);
  /// Sends one statement or several; their results come by next_result().
  void send(const std::string& statements);
  /// The next result of what was sent; null after the last. Waits no longer than `read_timeout`.
  Result next_result();
  /// Waits until the server says something, no longer than `read_timeout`, and takes it in.
  void wait_readable();
  /// A result in the state that was asked for, or the server's error.
  Result expect(Result result, ExecStatusType wanted) const;
  /// 'text' as a literal.
  std::string literal(std::string_view text) const;
  const ConnectionConfig& config() const { return *config_; }

  /// Throws what the last call failed with; "run.cancelled" where that is the cause.
  [[noreturn]] void fail() const;
  [[noreturn]] void fail(const PGresult* result) const;
  /// Ends the traffic, so that a result that was not read to its end is not drained.
  void abandon() const;

 private:
  void connect(std::chrono::steady_clock::time_point deadline);
  Result last_result(const std::string& statements);
  [[noreturn]] void refuse_copy() const;

  const ConnectionConfig* config_;
  Cancellation* cancellation_;
  Handle handle_;
  bool has_statement_timeout_ = false;
  Cancellation::Hook hook_;  ///< gone before the handle closes the socket
};

/// A field of the server's report, PG_DIAG_…; empty where it has none. Lives as long as the result.
std::string_view report_field(const PGresult* result, int code);

/// "name", with the quotes in it doubled.
std::string quoted_name(std::string_view name);

}  // namespace osiris::postgres
