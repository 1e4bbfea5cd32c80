#include "state/mark_store.h"

#include <sqlite3.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris {

namespace {

constexpr int kPatienceMs = 10'000;  ///< chosen: another run holds the file for milliseconds
constexpr const char* kCreate =
    "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, mark TEXT NOT NULL, "
    "updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')))";

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

[[noreturn]] void fail(sqlite3* database, const fs::path& path) {
  throw Error(ErrorKind::kUser, "state.unusable",
              cat("the project's state cannot be used: ",
                  database == nullptr ? "no memory" : sqlite3_errmsg(database), ": '", path.string(), "'"),
              "check the file and the rights of its folder");
}

Statement prepared(sqlite3* database, const fs::path& path, const char* sql,
                   std::initializer_list<std::string_view> values) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK) fail(database, path);
  Statement statement(raw);
  int index = 0;
  for (const std::string_view value : values) {
    sqlite3_bind_text(raw, ++index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  return statement;
}

void run(sqlite3* database, const fs::path& path, const char* sql,
         std::initializer_list<std::string_view> values) {
  const Statement statement = prepared(database, path, sql, values);
  if (sqlite3_step(statement.get()) != SQLITE_DONE) fail(database, path);
}

}  // namespace

void MarkStore::Closer::operator()(sqlite3* database) const { sqlite3_close(database); }

MarkStore::MarkStore(const fs::path& project_folder) : path_(project_folder / ".osiris" / "state.sqlite") {}

MarkStore::Database MarkStore::open(bool may_create) const {
  if (!may_create && !fs::exists(path_)) return nullptr;
  if (may_create) make_folders(path_.parent_path());
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (may_create ? SQLITE_OPEN_CREATE : 0);
  const int status = sqlite3_open_v2(path_.c_str(), &raw, flags, nullptr);
  Database database(raw);
  if (status != SQLITE_OK) fail(raw, path_);
  sqlite3_busy_timeout(raw, kPatienceMs);
  run(raw, path_, kCreate, {});
  return database;
}

std::optional<Mark> MarkStore::find(const std::string& name) const {
  const Database database = open(false);
  if (!database) return std::nullopt;
  const Statement statement =
      prepared(database.get(), path_, "SELECT mark FROM marks WHERE name = ?1", {name});
  const int status = sqlite3_step(statement.get());
  if (status == SQLITE_DONE) return std::nullopt;
  if (status != SQLITE_ROW) fail(database.get(), path_);
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
  return parse_mark(text == nullptr ? "" : text);
}

void MarkStore::save(const std::string& name, const Mark& mark) {
  const Database database = open(true);
  run(database.get(), path_, "INSERT OR REPLACE INTO marks (name, mark) VALUES (?1, ?2)",
      {name, print_mark(mark)});
}

void MarkStore::forget(const std::string& name) {
  const Database database = open(false);
  if (database) run(database.get(), path_, "DELETE FROM marks WHERE name = ?1", {name});
}

}  // namespace osiris
