#include "mysql/errors.h"

#include <algorithm>
#include <array>

#include <errmsg.h>
#include <mysqld_error.h>

#include "base/text.h"

namespace osiris::mysql {

namespace {

constexpr unsigned kQueryTimeoutOfMysql = 3024;  ///< ER_QUERY_TIMEOUT, which MariaDB does not have

/// What an error number means. A hint that ends in "of" goes on with the connection's reference.
struct Meaning {
  unsigned number;
  std::string_view code;
  std::string_view message;
  std::string_view hint;
  bool is_retryable = false;
};

constexpr std::string_view kCheckLogin = "check username and password of";
constexpr std::string_view kCheckAddress = "see that the server runs, and check host, port and socket of";
constexpr std::string_view kCheckTls = "check tls_mode, tls_ca, tls_cert and tls_key of";
constexpr std::string_view kTryLater = "try again, or raise max_connections on the server";
constexpr std::string_view kFindCause = "see the server's log for the cause, then run again";
constexpr std::string_view kGrant = "grant the account the right to read it";
constexpr std::string_view kOnlyRead = "an extractor only reads";

constexpr std::array kMeanings{
    Meaning{ER_ACCESS_DENIED_ERROR, "connection.denied", "the server denied access", kCheckLogin},
    Meaning{ER_ACCESS_DENIED_NO_PASSWORD_ERROR, "connection.denied", "the server denied access", kCheckLogin},
    Meaning{ER_DBACCESS_DENIED_ERROR, "connection.denied", "the server denied access",
            "grant the account the right to use the database, or check database and username of"},
    Meaning{ER_HOST_IS_BLOCKED, "connection.denied", "the server blocks this host",
            "run FLUSH HOSTS on the server"},
    Meaning{ER_HOST_NOT_PRIVILEGED, "connection.denied", "the server denied access",
            "allow the account to log in from this host"},
    Meaning{ER_BAD_DB_ERROR, "connection.unknown_database", "the database does not exist",
            "check database of"},
    Meaning{ER_CON_COUNT_ERROR, "connection.too_many", "the server has no connection left", kTryLater, true},
    Meaning{ER_TOO_MANY_USER_CONNECTIONS, "connection.too_many", "the account has no connection left",
            kTryLater, true},
    Meaning{CR_CONNECTION_ERROR, "connection.refused", "the server cannot be reached", kCheckAddress, true},
    Meaning{CR_CONN_HOST_ERROR, "connection.refused", "the server cannot be reached", kCheckAddress, true},
    Meaning{CR_UNKNOWN_HOST, "connection.unknown_host", "the host has no address", "check host of"},
    Meaning{CR_SSL_CONNECTION_ERROR, "connection.tls", "no encrypted connection could be made", kCheckTls},
    Meaning{CR_SERVER_GONE_ERROR, "connection.lost", "the server went away", kFindCause, true},
    Meaning{CR_SERVER_LOST, "connection.lost", "the connection broke", kFindCause, true},
    Meaning{ER_SERVER_SHUTDOWN, "connection.lost", "the server shuts down", kFindCause, true},
    Meaning{ER_CONNECTION_KILLED, "connection.lost", "the server ended the connection", kFindCause, true},
    Meaning{ER_NO_DB_ERROR, "query.no_database", "no database is chosen",
            "write database.table, or set database of"},
    Meaning{ER_NO_SUCH_TABLE, "query.unknown_table", "the table does not exist",
            "check the name and the database"},
    Meaning{ER_BAD_TABLE_ERROR, "query.unknown_table", "the table does not exist",
            "check the name and the database"},
    Meaning{ER_BAD_FIELD_ERROR, "query.unknown_column", "the column does not exist",
            "check the name against the table's columns"},
    Meaning{ER_PARSE_ERROR, "query.syntax", "the server cannot read the statement",
            "run the statement in a client of the server"},
    Meaning{ER_TABLEACCESS_DENIED_ERROR, "query.denied", "the account may not read this", kGrant},
    Meaning{ER_COLUMNACCESS_DENIED_ERROR, "query.denied", "the account may not read this", kGrant},
    Meaning{ER_SPECIFIC_ACCESS_DENIED_ERROR, "query.denied", "the account may not do this", kGrant},
    Meaning{ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, "query.not_read_only",
            "the statement would change data", kOnlyRead},
    Meaning{ER_STATEMENT_TIMEOUT, "query.timeout", "the statement took too long", "raise statement_timeout"},
    Meaning{kQueryTimeoutOfMysql, "query.timeout", "the statement took too long", "raise statement_timeout"},
    Meaning{ER_QUERY_INTERRUPTED, "query.interrupted", "the statement was interrupted on the server",
            kFindCause},
    Meaning{ER_LOCK_WAIT_TIMEOUT, "query.locked", "the statement waited too long for a lock",
            "run again when the other session is done", true},
    Meaning{ER_LOCK_DEADLOCK, "query.locked", "the statement met a deadlock", "run again", true},
};

std::string hint_of(const Meaning& meaning, const ConnectionConfig& connection) {
  if (meaning.hint.ends_with(" of")) return cat(meaning.hint, " ", connection.reference());
  return std::string(meaning.hint);
}

}  // namespace

Error server_error(unsigned number, const std::string& text, const ConnectionConfig& connection) {
  const std::string told = connection.without_secrets(text);
  const auto* const meaning = std::ranges::find(kMeanings, number, &Meaning::number);
  if (meaning == kMeanings.end()) {
    return {ErrorKind::kUser, "query.failed",
            cat("the server refused the statement: ", told, " (error ", number, ")")};
  }
  const bool is_connection = meaning->code.starts_with("connection.");
  return Error(is_connection ? ErrorKind::kConnection : ErrorKind::kUser, std::string(meaning->code),
               cat(meaning->message, ": ", told), hint_of(*meaning, connection))
      .retryable(meaning->is_retryable);
}

}  // namespace osiris::mysql
