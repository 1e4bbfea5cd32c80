// Private to src/engine.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "engine/api.h"
#include "engine/engine.h"
#include "engine/failure.h"

namespace osiris {

/// Says which error it is that the engine has with a statement.
using ErrorOf = Error (*)(duckdb_error_type type, std::string_view text);

/// What a session may do with the file that its options name.
enum class FileAccess { kRead, kWrite };

/// One database, in memory or in a file, and the connection to it. Sessions of one file are one database.
///
/// Errors of a statement that runs: what an input threw, unchanged, or as `error_of` says.
class EngineSession {
 public:
  /// `failure` is not owned and outlives the session.
  /// Errors: those of DatabaseFile() where there is a file.
  EngineSession(const SqlOptions& options, Failure& failure, ErrorOf error_of = engine_error,
                FileAccess access = FileAccess::kRead);

  /// Another connection to the same database, for another thread.
  EngineSession(const EngineSession& first, Failure& failure, const Cancellation* cancellation);

  duckdb_connection connection() const { return connection_.get(); }
  /// Makes what runs return soon; for any thread. Lost when nothing runs.
  void interrupt() { engine_api().interrupt(connection_.get()); }
  /// Runs a statement and drops its result; returns the rows that it changed.
  std::uint64_t run(const std::string& sql);
  /// Runs a statement of ours whose result is small.
  Result query(const std::string& sql);
  /// Forbids any further change of settings. Required before SQL of others runs. Of a file's database, which
  /// others may have open too, there is nothing to lock: what it may do was settled when it was opened.
  void lock_settings();

  /// The plan of a SELECT, as json_serialize_plan() prints it; null where the engine cannot print it.
  /// `type_of_error` gets the engine's word for why.
  Json plan(const std::string& sql, bool optimized, std::string* type_of_error = nullptr);
  /// Reads one statement. Errors: kUser "sql.invalid", "sql.not_allowed", "sql.not_select".
  Prepared prepare_select(const std::string& sql);
  /// Starts a SELECT whose rows are then fetched as they come.
  Result start(const Prepared& statement);
  /// Null at the end of the rows.
  Chunk fetch(Result& result);

 private:
  [[noreturn]] void fail(Result& result);

  Failure& failure_;
  const ErrorOf error_of_;
  const Cancellation* const cancellation_;
  const bool is_file_;
  std::shared_ptr<const Database> database_;
  Connection connection_;
};

/// "it''s" for "it's"; with the quotes around.
std::string quoted_text(const std::string& text);
std::string quoted_name(const std::string& name);

}  // namespace osiris
