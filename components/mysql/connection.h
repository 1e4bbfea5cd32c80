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

/// A session on the server. Connecting ends by `connect_timeout`; from then on cancel() ends the traffic,
/// so that every call returns at once with "run.cancelled". Single-threaded.
class Connection {
 public:
  /// Errors: kConnection "connection.*".
  Connection(const ConnectionConfig& config, Cancellation& cancellation);

  MYSQL* handle() const { return handle_.get(); }
  /// "MariaDB 10.11.19".
  std::string server() const;
  bool is_mariadb() const { return mariadb_connection(handle_.get()) != 0; }

  /// Makes the session print exact text in UTC and opens a snapshot in which the server refuses writes.
  void begin_reading(std::optional<std::chrono::milliseconds> statement_timeout);
  void run(const std::string& statement);
  /// All rows of a small result; null is an empty text.
  std::vector<std::vector<std::string>> rows(const std::string& statement);
  /// 'text' as a literal.
  std::string literal(std::string_view text) const;

  /// Throws what the last call failed with; "run.cancelled" where that is the cause.
  [[noreturn]] void fail() const;
  /// Ends the traffic, so that a result that was not read to its end is not drained.
  void abandon() const;

 private:
  void set_options();
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
