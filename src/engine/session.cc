#include "engine/session.h"
#include "base/text.h"

namespace osiris {

namespace {

class SettingsBuilder {
 public:
  SettingsBuilder() { engine_api().create_config(settings_.out()); }

  void set(const char* name, const std::string& value) {
    const bool is_set = engine_api().set_config(settings_.get(), name, value.c_str()) == DuckDBSuccess;
    invariant(is_set, cat("the SQL engine knows the setting ", name));
  }
  duckdb_config get() const { return settings_.get(); }

 private:
  Settings settings_;
};

std::string doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

/// What every session of one file must be opened with alike.
void set_what_all_share(SettingsBuilder& settings) {
  // One thread keeps up with rows that come from outside. With more, the caller's thread spins while another
  // one waits for them (a GROUP BY over 1M rows: 1.1 s of CPU against 0.4 s, in the same time), and a query
  // that is cancelled can leave a task that waits for ever on a connection that is gone.
  settings.set("threads", "1");
  settings.set("preserve_insertion_order", "true");
  // A file is read once, and the cache would grow with it.
  settings.set("enable_external_file_cache", "false");
  settings.set("autoinstall_known_extensions", "false");
  settings.set("autoload_known_extensions", "false");
  settings.set("allow_persistent_secrets", "false");
}

Database open_database(const SqlOptions& options) {
  SettingsBuilder settings;
  settings.set("memory_limit", cat(options.memory_limit_bytes, "B"));
  settings.set("temp_directory", options.temporary_folder.string());
  set_what_all_share(settings);
  Database database;
  char* message = nullptr;
  if (engine_api().open_ext(nullptr, database.out(), settings.get(), &message) == DuckDBSuccess)
    return database;
  throw Error(ErrorKind::kInternal, "engine.open",
              cat("the SQL engine does not start: ", take_text(message)));
}

/// The databases that this process has open: a file that was opened twice would be two databases, which write
/// over each other.
duckdb_instance_cache open_files() {
  static const InstanceCache kCache(engine_api().create_instance_cache());
  return kCache.get();
}

Database open_file(const std::filesystem::path& file, FileAccess access) {
  SettingsBuilder settings;
  settings.set("access_mode", access == FileAccess::kRead ? "READ_ONLY" : "READ_WRITE");
  set_what_all_share(settings);
  Database database;
  char* message = nullptr;
  if (engine_api().get_or_create_from_cache(open_files(), file.c_str(), database.out(), settings.get(),
                                            &message) == DuckDBSuccess) {
    return database;
  }
  throw file_refusal(file, access == FileAccess::kWrite, take_text(message));
}

}  // namespace

std::string quoted_text(const std::string& text) { return doubled(text, '\''); }
std::string quoted_name(const std::string& name) { return doubled(name, '"'); }

EngineSession::EngineSession(const SqlOptions& options, Failure& failure, ErrorOf error_of, FileAccess access)
    : failure_(failure),
      error_of_(error_of),
      cancellation_(options.cancellation),
      is_file_(!options.database_file.empty()),
      database_(std::make_shared<const Database>(is_file_ ? open_file(options.database_file, access)
                                                          : open_database(options))) {
  const bool is_connected = engine_api().connect(database_->get(), connection_.out()) == DuckDBSuccess;
  invariant(is_connected, "a new database can be connected to");
  if (is_file_) {
    run(cat("SET memory_limit = '", options.memory_limit_bytes, "B'"));
    // Another session of the file may spill already; then its folder serves.
    Result ignored;
    engine_api().query(connection_.get(),
                       cat("SET temp_directory = ", quoted_text(options.temporary_folder.string())).c_str(),
                       ignored.out());
  }
  run("SET TimeZone = 'UTC'");
  // Not a setting at the start: the engine would then refuse itself the folder for spilled data.
  if (!options.allow_external_access) run("SET enable_external_access = false");
}

EngineSession::EngineSession(const EngineSession& first, Failure& failure, const Cancellation* cancellation)
    : failure_(failure),
      error_of_(first.error_of_),
      cancellation_(cancellation),
      is_file_(first.is_file_),
      database_(first.database_) {
  const bool is_connected = engine_api().connect(database_->get(), connection_.out()) == DuckDBSuccess;
  invariant(is_connected, "a database can be connected to again");
}

std::uint64_t EngineSession::run(const std::string& sql) {
  Result result = query(sql);
  return engine_api().rows_changed(result.out());
}

Result EngineSession::query(const std::string& sql) {
  Result result;
  if (engine_api().query(connection_.get(), sql.c_str(), result.out()) != DuckDBSuccess) fail(result);
  return result;
}

void EngineSession::fail(Result& result) {
  failure_.rethrow();
  const Api& api = engine_api();
  throw error_of_(api.result_error_type(result.out()), api.result_error(result.out()));
}

void EngineSession::lock_settings() {
  if (!is_file_) run("SET lock_configuration = true");
}

Json EngineSession::plan(const std::string& sql, bool optimized, std::string* type_of_error) {
  const Api& api = engine_api();
  const std::string query = cat("SELECT json_serialize_plan(", quoted_text(sql),
                                ", skip_null := true, optimize := ", optimized ? "true)" : "false)");
  Result result;
  if (api.query(connection_.get(), query.c_str(), result.out()) != DuckDBSuccess) return nullptr;
  const Chunk chunk(api.fetch_chunk(result.get()));
  if (chunk.get() == nullptr) return nullptr;
  const ColumnView column{nullptr, api.vector_get_data(api.data_chunk_get_vector(chunk.get(), 0))};
  const Json answer = Json::parse(column.text(0), nullptr, false);
  // A constant that is not text, as a BIT, leaves an empty answer.
  if (!answer.is_object()) return nullptr;
  if (!answer.at("error").get<bool>()) return answer.at("plans").at(0);
  if (type_of_error != nullptr) *type_of_error = answer.value("error_type", "");
  return nullptr;
}

Prepared EngineSession::prepare_select(const std::string& sql) {
  const Api& api = engine_api();
  Statements statements;
  const idx_t count = api.extract_statements(connection_.get(), sql.c_str(), statements.out());
  if (count == 0) {
    const char* const message = api.extract_statements_error(statements.get());
    throw rejection("", message == nullptr ? "it is empty" : message);
  }
  const auto refuse = [](const char* what) {
    throw Error(ErrorKind::kUser, "sql.not_select", what,
                "a step's query is one SELECT; it may use WITH, FROM or VALUES");
  };
  if (count > 1) refuse("the query is more than one statement");
  Prepared statement;
  if (api.prepare_extracted_statement(connection_.get(), statements.get(), 0, statement.out()) !=
      DuckDBSuccess) {
    if (cancellation_ != nullptr) cancellation_->check();
    std::string type;
    plan(sql, false, &type);
    throw rejection(type, api.prepare_error(statement.get()));
  }
  if (api.prepared_statement_type(statement.get()) != DUCKDB_STATEMENT_TYPE_SELECT) {
    refuse("the query is not a SELECT");
  }
  if (api.nparams(statement.get()) > 0) throw rejection("", "it has a parameter without a value");
  return statement;
}

Result EngineSession::start(const Prepared& statement) {
  const Api& api = engine_api();
  Pending pending;
  if (api.pending_prepared_streaming(statement.get(), pending.out()) != DuckDBSuccess) {
    throw Error(ErrorKind::kInternal, "sql.internal",
                cat("the query does not start: ", api.pending_error(pending.get())));
  }
  // An interrupt that came before this point is lost, one that comes after it is not.
  if (cancellation_ != nullptr) cancellation_->check();
  Result result;
  if (api.execute_pending(pending.get(), result.out()) != DuckDBSuccess) fail(result);
  return result;
}

Chunk EngineSession::fetch(Result& result) {
  const Api& api = engine_api();
  Chunk chunk(api.fetch_chunk(result.get()));
  if (chunk.get() == nullptr && api.result_error(result.out()) != nullptr) fail(result);
  return chunk;
}

}  // namespace osiris
