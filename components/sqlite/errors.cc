#include "sqlite/errors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <sqlite3.h>

#include "base/text.h"

namespace osiris::sqlite {

namespace {

/// What a result code means: an extended one, or the primary one of many (its low byte).
struct Meaning {
  int status;
  ErrorKind kind;
  std::string_view code;
  std::string_view message;
  std::string_view hint;
  bool is_retryable = false;
};

constexpr auto kUser = ErrorKind::kUser;
constexpr auto kConnection = ErrorKind::kConnection;
constexpr auto kData = ErrorKind::kData;

constexpr std::string_view kWait =
    "run again when the other connection is done, or raise busy_timeout of the connection";
constexpr std::string_view kCheckValue = "correct the value at its source, or give the column another type";
constexpr std::string_view kRestore =
    "restore the file from a copy; `PRAGMA integrity_check` tells the damage";

constexpr std::array kMeanings{
    Meaning{SQLITE_CONSTRAINT_PRIMARYKEY, kData, "value.duplicate_key",
            "a row with this key is there already", "take write_mode: upsert, or remove the row"},
    Meaning{SQLITE_CONSTRAINT_UNIQUE, kData, "value.duplicate_key", "a row with this key is there already",
            "take write_mode: upsert, or remove the row"},
    Meaning{SQLITE_CONSTRAINT_ROWID, kData, "value.duplicate_key", "a row with this key is there already",
            "take write_mode: upsert, or remove the row"},
    Meaning{SQLITE_CONSTRAINT_NOTNULL, kData, "value.null", "a null for a column that takes none",
            kCheckValue},
    Meaning{SQLITE_CONSTRAINT_CHECK, kData, "value.check_failed", "a row fails a check of the table",
            kCheckValue},
    Meaning{SQLITE_CONSTRAINT_FOREIGNKEY, kData, "value.unknown_reference",
            "a row refers to another that is not there",
            "load the table that it refers to first, or set foreign_keys: false in the connection"},
    Meaning{SQLITE_CONSTRAINT_DATATYPE, kData, "value.malformed", "a value is not of its column's type",
            kCheckValue},
    Meaning{SQLITE_CONSTRAINT, kData, "value.refused", "a rule of the table refuses a row", kCheckValue},
    Meaning{SQLITE_TOOBIG, kData, "value.too_long", "a value is longer than SQLite takes", kCheckValue},
    Meaning{SQLITE_MISMATCH, kData, "value.malformed", "a value is not of its column's type", kCheckValue},
    Meaning{SQLITE_BUSY, kUser, "query.locked", "the database is locked by another connection", kWait, true},
    Meaning{SQLITE_LOCKED, kUser, "query.locked", "a table is locked by another connection", kWait, true},
    Meaning{SQLITE_NOTADB, kData, "connection.not_a_database", "the file is no SQLite database",
            "check path of the connection"},
    Meaning{SQLITE_CORRUPT, kData, "connection.corrupt", "the database file is damaged", kRestore},
    Meaning{SQLITE_FULL, kData, "file.disk_full", "there is no space left for the database",
            "free some space and run again"},
    Meaning{SQLITE_READONLY, kUser, "file.unwritable", "the database cannot be written",
            "check the rights of the file and of its folder, where SQLite keeps its journal"},
    Meaning{SQLITE_PERM, kUser, "file.unreadable", "the system does not let the program open the database",
            "check the rights of the file and of its folder"},
    Meaning{SQLITE_CANTOPEN, kUser, "file.unreadable", "the database cannot be opened",
            "check path of the connection, and the rights of the file and of its folder"},
    Meaning{SQLITE_IOERR, kConnection, "connection.lost", "the database file cannot be read or written",
            "look at the disk", true},
    Meaning{SQLITE_AUTH, kUser, "query.denied", "the statement may not do this", "leave it out"},
    Meaning{SQLITE_ERROR, kUser, "query.syntax", "SQLite does not take the statement",
            "run the statement in the sqlite3 shell"},
};

}  // namespace

Error database_error(int status, const std::string& text, const ConnectionConfig& connection) {
  const auto* meaning = std::ranges::find(kMeanings, status, &Meaning::status);
  if (meaning == kMeanings.end()) meaning = std::ranges::find(kMeanings, status & 0xFF, &Meaning::status);
  const std::string where = cat(text, ": ", connection.plain().text("path"));
  if (meaning == kMeanings.end()) {
    return {ErrorKind::kUser, "query.failed", cat("SQLite refused: ", where, " (result ", status, ")")};
  }
  const bool is_about_a_row = meaning->code.starts_with("value.") || meaning->status == SQLITE_ERROR;
  return Error(meaning->kind, std::string(meaning->code),
               cat(meaning->message, ": ", is_about_a_row ? text : where), std::string(meaning->hint))
      .retryable(meaning->is_retryable);
}

}  // namespace osiris::sqlite
