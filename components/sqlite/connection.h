#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "base/cancellation.h"
#include "component/component.h"
#include "component/config.h"

namespace osiris::sqlite {

struct HandleDeleter {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, HandleDeleter>;

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

using Row = std::vector<std::optional<std::string>>;

/// What a database is opened for.
enum class Purpose : std::uint8_t {
  kRead,     ///< statements that would change something are refused once only_read() was called
  kWrite,    ///< the file is there
  kMake,     ///< the file is made where it is not there
  kStandIn,  ///< an empty database in memory, for a file that is not there yet
};

/// `name`, with the quotes in it doubled.
std::string quoted_name(std::string_view name);
/// 'text', with the quotes in it doubled. A text with NUL bytes becomes a cast blob, for SQL ends there.
std::string literal(std::string_view text);

/// A connection to one database file. Waits where another connection has locked it, up to `busy_timeout`, and
/// says so once; cancel() ends what it does with "run.cancelled". Single-threaded.
class Connection {
 public:
  /// `context` hears of a wait; null: nobody does.
  /// Errors: kUser "connection.unknown_database" where the file is not there; those of fail().
  Connection(const ConnectionConfig& config, Cancellation& cancellation, Purpose purpose,
             Context* context = nullptr);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_.get(); }
  /// "SQLite 3.40.1".
  static std::string server();

  /// From here on the database itself refuses whatever would change it.
  void only_read();
  /// How long the next statements wait for a lock.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  /// One statement. Errors: kUser "query.syntax" and those of fail().
  Statement prepare(std::string_view sql) const;
  /// Goes on to the next row; false at the end.
  bool step(sqlite3_stmt* statement) const;
  /// Runs statements one after the other; returns the rows that they changed.
  std::uint64_t run(std::string_view sql) const;
  /// All rows of a small result.
  std::vector<Row> rows(std::string_view sql) const;

  /// Throws what the last call failed with; "run.cancelled" where that is the cause.
  [[noreturn]] void fail(int status) const;

 private:
  void open(Purpose purpose);
  static int wait_for_lock(void* self, int attempt);
  bool wait_for_lock(int attempt);

  const ConnectionConfig* config_;
  Cancellation* cancellation_;
  Context* context_;
  std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point wait_end_;
  bool has_told_of_wait_ = false;
  Handle handle_;
  Cancellation::Hook hook_;  ///< gone before the handle closes
};

}  // namespace osiris::sqlite
