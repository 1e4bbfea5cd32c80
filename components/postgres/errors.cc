#include "postgres/errors.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace osiris::postgres {

namespace {

/// What an SQLSTATE means, or a class of them ("28"). A hint that ends in " of" goes on with the
/// connection's reference.
struct Meaning {
  std::string_view sqlstate;
  ErrorKind kind;
  std::string_view code;
  std::string_view message;
  std::string_view hint;
  bool is_retryable = false;
};

constexpr auto kUser = ErrorKind::kUser;
constexpr auto kConnection = ErrorKind::kConnection;
constexpr auto kData = ErrorKind::kData;

constexpr std::string_view kCheckLogin = "check username, password and database of";
constexpr std::string_view kCheckAddress = "see that the server runs, and check host and port of";
constexpr std::string_view kCheckTls = "check tls_mode, tls_ca, tls_cert and tls_key of";
constexpr std::string_view kTryLater = "try again, or raise max_connections on the server";
constexpr std::string_view kFindCause = "see the server's log for the cause, then run again";
constexpr std::string_view kRunAgain = "run again when the other session is done";
constexpr std::string_view kCheckTable = "check the name, its schema and the database";
constexpr std::string_view kCheckValue = "correct the value at its source, or give the column another type";

/// In the order of the manual's appendix; the longest match counts.
constexpr std::array kMeanings{
    Meaning{"08", kConnection, "connection.lost", "the connection broke", kFindCause, true},
    Meaning{kUnreachable, kConnection, "connection.refused", "the server cannot be reached", kCheckAddress,
            true},
    Meaning{kUnknownHost, kConnection, "connection.unknown_host", "the host has no address", "check host of"},
    Meaning{kNoEncryption, kConnection, "connection.tls", "no encrypted connection could be made", kCheckTls},
    Meaning{"22", kData, "value.refused", "the server refuses a value", kCheckValue},
    Meaning{"22001", kData, "value.too_long", "a text is too long for its column", kCheckValue},
    Meaning{"22003", kData, "value.out_of_range", "a number is beyond its type", kCheckValue},
    Meaning{"22007", kData, "value.malformed", "a text is no date or time", kCheckValue},
    Meaning{"22008", kData, "value.out_of_range", "a date or time is beyond its type", kCheckValue},
    Meaning{"22021", kData, "value.invalid_utf8", "a text is not valid in the server's encoding",
            kCheckValue},
    Meaning{"22P02", kData, "value.malformed", "a text is not a value of its type", kCheckValue},
    Meaning{"22P03", kData, "value.malformed", "the server cannot read a value", kCheckValue},
    Meaning{"22P05", kData, "value.untranslatable", "a character is not in the server's encoding",
            kCheckValue},
    Meaning{"23", kData, "value.refused", "a row breaks a rule of the table", kCheckValue},
    Meaning{"23001", kData, "value.referenced", "other rows refer to a row that has to go",
            "remove those rows first"},
    Meaning{"23502", kData, "value.null", "a null for a column that takes none", kCheckValue},
    Meaning{"23503", kData, "value.unknown_reference", "a row refers to another that is not there",
            "load the table that it refers to first"},
    Meaning{"23505", kData, "value.duplicate_key", "a row with this key is there already",
            "take write_mode: upsert, or remove the row"},
    Meaning{"23514", kData, "value.check_failed", "a row fails a check of the table", kCheckValue},
    Meaning{"23P01", kData, "value.duplicate_key", "a row conflicts with another", kCheckValue},
    Meaning{"25006", kUser, "query.not_read_only", "the statement would change data",
            "an extractor only reads"},
    Meaning{"28", kConnection, "connection.denied", "the server denied access", kCheckLogin},
    Meaning{"3D000", kConnection, "connection.unknown_database", "the database does not exist",
            "check database of"},
    Meaning{"3F000", kUser, "query.unknown_table", "the schema does not exist", kCheckTable},
    Meaning{"40", kUser, "query.locked", "the transaction met another one", kRunAgain, true},
    Meaning{"40P01", kUser, "query.locked", "the statement met a deadlock", kRunAgain, true},
    Meaning{"42501", kUser, "query.denied", "the account may not do this",
            "grant the account the right to do it"},
    Meaning{"42601", kUser, "query.syntax", "the server cannot read the statement",
            "run the statement in a client of the server"},
    Meaning{"42703", kUser, "query.unknown_column", "the column does not exist",
            "check the name against the table's columns"},
    Meaning{"42P01", kUser, "query.unknown_table", "the table does not exist", kCheckTable},
    Meaning{"53", kConnection, "connection.no_resources", "the server has run out of something", kFindCause,
            true},
    Meaning{"53300", kConnection, "connection.too_many", "the server has no connection left", kTryLater,
            true},
    Meaning{"54000", kData, "value.too_long", "a row is larger than the server takes", kCheckValue},
    Meaning{"55P03", kUser, "query.locked", "the statement waited too long for a lock", kRunAgain, true},
    Meaning{kStopped, kUser, "query.interrupted", "the statement was stopped on the server", kFindCause},
    Meaning{kTimedOut, kUser, "query.timeout", "the statement took too long", "raise statement_timeout"},
    Meaning{"57P", kConnection, "connection.lost", "the server ended the connection", kFindCause, true},
    Meaning{"57P03", kConnection, "connection.refused", "the server takes no connection yet", kFindCause,
            true},
    Meaning{"P0001", kData, "value.refused", "a function or trigger refuses a value", kCheckValue},
};

std::string hint_of(const Meaning& meaning, const ConnectionConfig& connection) {
  if (meaning.hint.ends_with(" of")) return cat(meaning.hint, " ", connection.reference());
  return std::string(meaning.hint);
}

const Meaning* meaning_of(std::string_view sqlstate) {
  const Meaning* found = nullptr;
  for (const Meaning& meaning : kMeanings) {
    const bool is_longer = found == nullptr || meaning.sqlstate.size() > found->sqlstate.size();
    if (is_longer && sqlstate.starts_with(meaning.sqlstate)) found = &meaning;
  }
  return found;
}

}  // namespace

Error server_error(std::string_view sqlstate, const std::string& text, const ConnectionConfig& connection) {
  const std::string told = connection.without_secrets(text);
  const Meaning* const meaning = meaning_of(sqlstate);
  if (meaning == nullptr) {
    return {ErrorKind::kUser, "query.failed",
            cat("the server refused the statement: ", told, " (SQLSTATE ", sqlstate, ")")};
  }
  return Error(meaning->kind, std::string(meaning->code), cat(meaning->message, ": ", told),
               hint_of(*meaning, connection))
      .retryable(meaning->is_retryable);
}

}  // namespace osiris::postgres
