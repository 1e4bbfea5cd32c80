#include "mysql/errors.h"

#include <algorithm>
#include <array>

#include <errmsg.h>
#include <mysqld_error.h>

#include "base/text.h"

namespace osiris::mysql {

namespace {

// Numbers of MySQL that MariaDB's header does not have, by MySQL's names.
constexpr unsigned kErrQueryTimeout = 3024;
constexpr unsigned kErrInvalidJsonText = 3140;
constexpr unsigned kErrCheckConstraintViolated = 3819;
constexpr unsigned kErrClientLocalFilesDisabled = 3948;

constexpr auto kUser = ErrorKind::kUser;
constexpr auto kConnection = ErrorKind::kConnection;
constexpr auto kData = ErrorKind::kData;

/// What an error number means. A hint that ends in "of" goes on with the connection's reference.
struct Meaning {
  unsigned number;
  ErrorKind kind;
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
constexpr std::string_view kGrant = "grant the account the right to do it";
constexpr std::string_view kOnlyRead = "an extractor only reads";
constexpr std::string_view kCheckValue = "correct the value at its source, or give the column another type";
constexpr std::string_view kLoadOtherFirst = "load the table that it refers to first";
constexpr std::string_view kPacket = "raise max_allowed_packet on the server";

constexpr std::array kMeanings{
    Meaning{ER_ACCESS_DENIED_ERROR, kConnection, "connection.denied", "the server denied access",
            kCheckLogin},
    Meaning{ER_ACCESS_DENIED_NO_PASSWORD_ERROR, kConnection, "connection.denied", "the server denied access",
            kCheckLogin},
    Meaning{ER_DBACCESS_DENIED_ERROR, kConnection, "connection.denied", "the server denied access",
            "grant the account the right to use the database, or check database and username of"},
    Meaning{ER_HOST_IS_BLOCKED, kConnection, "connection.denied", "the server blocks this host",
            "run FLUSH HOSTS on the server"},
    Meaning{ER_HOST_NOT_PRIVILEGED, kConnection, "connection.denied", "the server denied access",
            "allow the account to log in from this host"},
    Meaning{ER_BAD_DB_ERROR, kConnection, "connection.unknown_database", "the database does not exist",
            "check database of"},
    Meaning{ER_CON_COUNT_ERROR, kConnection, "connection.too_many", "the server has no connection left",
            kTryLater, true},
    Meaning{ER_TOO_MANY_USER_CONNECTIONS, kConnection, "connection.too_many",
            "the account has no connection left", kTryLater, true},
    Meaning{CR_CONNECTION_ERROR, kConnection, "connection.refused", "the server cannot be reached",
            kCheckAddress, true},
    Meaning{CR_CONN_HOST_ERROR, kConnection, "connection.refused", "the server cannot be reached",
            kCheckAddress, true},
    Meaning{CR_UNKNOWN_HOST, kConnection, "connection.unknown_host", "the host has no address",
            "check host of"},
    Meaning{CR_SSL_CONNECTION_ERROR, kConnection, "connection.tls", "no encrypted connection could be made",
            kCheckTls},
    Meaning{CR_SERVER_GONE_ERROR, kConnection, "connection.lost", "the server went away", kFindCause, true},
    Meaning{CR_SERVER_LOST, kConnection, "connection.lost", "the connection broke", kFindCause, true},
    Meaning{ER_SERVER_SHUTDOWN, kConnection, "connection.lost", "the server shuts down", kFindCause, true},
    Meaning{ER_CONNECTION_KILLED, kConnection, "connection.lost", "the server ended the connection",
            kFindCause, true},
    Meaning{ER_NO_DB_ERROR, kUser, "query.no_database", "no database is chosen",
            "write database.table, or set database of"},
    Meaning{ER_NO_SUCH_TABLE, kUser, "query.unknown_table", "the table does not exist",
            "check the name and the database"},
    Meaning{ER_BAD_TABLE_ERROR, kUser, "query.unknown_table", "the table does not exist",
            "check the name and the database"},
    Meaning{ER_BAD_FIELD_ERROR, kUser, "query.unknown_column", "the column does not exist",
            "check the name against the table's columns"},
    Meaning{ER_PARSE_ERROR, kUser, "query.syntax", "the server cannot read the statement",
            "run the statement in a client of the server"},
    Meaning{ER_TABLEACCESS_DENIED_ERROR, kUser, "query.denied", "the account may not do this", kGrant},
    Meaning{ER_COLUMNACCESS_DENIED_ERROR, kUser, "query.denied", "the account may not do this", kGrant},
    Meaning{ER_SPECIFIC_ACCESS_DENIED_ERROR, kUser, "query.denied", "the account may not do this", kGrant},
    Meaning{ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, kUser, "query.not_read_only",
            "the statement would change data", kOnlyRead},
    Meaning{ER_STATEMENT_TIMEOUT, kUser, "query.timeout", "the statement took too long",
            "raise statement_timeout"},
    Meaning{kErrQueryTimeout, kUser, "query.timeout", "the statement took too long",
            "raise statement_timeout"},
    Meaning{ER_QUERY_INTERRUPTED, kUser, "query.interrupted", "the statement was interrupted on the server",
            kFindCause},
    Meaning{ER_LOCK_WAIT_TIMEOUT, kUser, "query.locked", "the statement waited too long for a lock",
            "run again when the other session is done", true},
    Meaning{ER_LOCK_DEADLOCK, kUser, "query.locked", "the statement met a deadlock", "run again", true},
    Meaning{ER_OPTION_PREVENTS_STATEMENT, kUser, "query.denied", "the server's settings forbid this",
            "see that the server is not a read-only replica"},
    Meaning{ER_NOT_ALLOWED_COMMAND, kUser, "load.road_unavailable",
            "the server does not take LOAD DATA LOCAL",
            "leave 'road' out, or set local_infile on the server"},
    Meaning{kErrClientLocalFilesDisabled, kUser, "load.road_unavailable",
            "the server does not take LOAD DATA LOCAL",
            "leave 'road' out, or set local_infile on the server"},
    Meaning{ER_RECORD_FILE_FULL, kConnection, "connection.no_resources", "the server has no room left",
            kFindCause},
    Meaning{ER_DISK_FULL, kConnection, "connection.no_resources", "the server has no room left", kFindCause},
    Meaning{ER_LOCK_TABLE_FULL, kConnection, "connection.no_resources", "the server has no room for locks",
            "raise innodb_buffer_pool_size on the server, or set chunk_rows"},
    Meaning{ER_DUP_ENTRY, kData, "value.duplicate_key", "a row with this key is there already",
            "take write_mode: upsert, or remove the row"},
    Meaning{ER_DUP_ENTRY_WITH_KEY_NAME, kData, "value.duplicate_key", "a row with this key is there already",
            "take write_mode: upsert, or remove the row"},
    Meaning{ER_NO_REFERENCED_ROW, kData, "value.unknown_reference",
            "a row refers to another that is not there", kLoadOtherFirst},
    Meaning{ER_NO_REFERENCED_ROW_2, kData, "value.unknown_reference",
            "a row refers to another that is not there", kLoadOtherFirst},
    Meaning{ER_ROW_IS_REFERENCED, kData, "value.referenced", "other rows refer to a row that has to go",
            "remove those rows first, or take write_mode: upsert"},
    Meaning{ER_ROW_IS_REFERENCED_2, kData, "value.referenced", "other rows refer to a row that has to go",
            "remove those rows first, or take write_mode: upsert"},
    Meaning{ER_BAD_NULL_ERROR, kData, "value.null", "a null for a column that takes none", kCheckValue},
    Meaning{ER_WARN_NULL_TO_NOTNULL, kData, "value.null", "a null for a column that takes none", kCheckValue},
    Meaning{ER_NO_DEFAULT_FOR_FIELD, kData, "value.null", "no value for a column that needs one",
            kCheckValue},
    Meaning{ER_WARN_DATA_OUT_OF_RANGE, kData, "value.out_of_range", "a value is beyond its type",
            kCheckValue},
    Meaning{ER_DATA_OUT_OF_RANGE, kData, "value.out_of_range", "a value is beyond its type", kCheckValue},
    Meaning{WARN_DATA_TRUNCATED, kData, "value.malformed", "a text is not a value of its type", kCheckValue},
    Meaning{ER_TRUNCATED_WRONG_VALUE, kData, "value.malformed", "a text is not a value of its type",
            kCheckValue},
    Meaning{ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, kData, "value.malformed",
            "a text is not a value of its column", kCheckValue},
    Meaning{ER_WRONG_VALUE_FOR_TYPE, kData, "value.malformed", "a text is not a value of its type",
            kCheckValue},
    Meaning{ER_CANT_CREATE_GEOMETRY_OBJECT, kData, "value.malformed", "bytes are no geometry", kCheckValue},
    Meaning{kErrInvalidJsonText, kData, "value.malformed", "a text is no JSON", kCheckValue},
    Meaning{ER_DATA_TOO_LONG, kData, "value.too_long", "a value is too long for its column", kCheckValue},
    Meaning{ER_TOO_BIG_ROWSIZE, kData, "value.too_long", "a row is too long for its table", kCheckValue},
    Meaning{ER_NET_PACKET_TOO_LARGE, kData, "value.too_long", "a row is larger than the server takes",
            kPacket},
    Meaning{CR_NET_PACKET_TOO_LARGE, kData, "value.too_long", "a row is larger than the server takes",
            kPacket},
    Meaning{ER_CONSTRAINT_FAILED, kData, "value.check_failed", "a row fails a check of the table",
            kCheckValue},
    Meaning{kErrCheckConstraintViolated, kData, "value.check_failed", "a row fails a check of the table",
            kCheckValue},
    Meaning{ER_NO_PARTITION_FOR_GIVEN_VALUE, kData, "value.refused", "the table has no partition for a row",
            kCheckValue},
    Meaning{ER_SIGNAL_EXCEPTION, kData, "value.refused", "a trigger of the table refuses a row", kCheckValue},
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
  return Error(meaning->kind, std::string(meaning->code), cat(meaning->message, ": ", told),
               hint_of(*meaning, connection))
      .retryable(meaning->is_retryable);
}

}  // namespace osiris::mysql
