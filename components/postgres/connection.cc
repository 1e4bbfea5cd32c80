#include "postgres/connection.h"

#include <algorithm>
#include <limits>

#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include "base/text.h"
#include "component/component.h"
#include "net/cut_off.h"
#include "net/name_lookup.h"
#include "net/wake_up.h"
#include "postgres/errors.h"
#include "postgres/source.h"

namespace osiris::postgres {

namespace {

using Clock = std::chrono::steady_clock;

/// What every session prints alike, whatever the server's and the account's defaults are.
constexpr const char* kSessionSettings =
    "SET TimeZone='UTC'; SET DateStyle='ISO, YMD'; SET IntervalStyle='postgres'; SET extra_float_digits=3;"
    "SET bytea_output='hex'; SET xmlbinary='base64'; SET standard_conforming_strings=on;"
    "SET statement_timeout=0; SET lock_timeout=0; SET idle_in_transaction_session_timeout=0;"
    // A statement whose client is gone ends; only servers on Linux are sure to have this.
    "SELECT set_config('client_connection_check_interval', '5s', false)"
    " WHERE current_setting('server_version_num')::int >= 140000 AND version() LIKE '%linux%'";

/// The library's word for tls_mode.
const char* sslmode_of(std::string_view tls_mode) {
  if (tls_mode == "disabled") return "disable";
  if (tls_mode == "preferred") return "prefer";
  if (tls_mode == "required") return "require";
  return tls_mode == "verify_ca" ? "verify-ca" : "verify-full";
}

/// Keywords and values for PQconnectStartParams(). It skips what is empty.
class Parameters {
 public:
  void add(const char* keyword, std::string value) {
    keywords_.push_back(keyword);
    values_.push_back(std::move(value));
  }
  Handle start() {
    std::vector<const char*> values;
    for (const std::string& value : values_) values.push_back(value.c_str());
    keywords_.push_back(nullptr);
    values.push_back(nullptr);
    return Handle(PQconnectStartParams(keywords_.data(), values.data(), 0));
  }

 private:
  std::vector<const char*> keywords_;
  std::vector<std::string> values_;
};

void add_tls(Parameters& parameters, const ConnectionConfig& connection) {
  const Config& fields = connection.plain();
  const std::string mode = fields.text("tls_mode");
  const auto authority = fields.optional_text("tls_ca");
  const bool is_verified = mode.starts_with("verify_");
  if (is_verified && !authority) {
    throw Error(ErrorKind::kUser, "connection.invalid",
                cat("tls_mode of ", connection.reference(), " needs tls_ca: '", mode, "'"),
                "name the file of authorities, /etc/ssl/certs/ca-certificates.crt for the system's");
  }
  parameters.add("sslmode", sslmode_of(mode));
  // With a file of authorities the library would verify in every other mode too.
  parameters.add("sslrootcert", is_verified ? *authority : "");
  parameters.add("sslcert", fields.optional_text("tls_cert").value_or(""));
  parameters.add("sslkey", fields.optional_text("tls_key").value_or(""));
}

Parameters parameters_of(const ConnectionConfig& connection) {
  const Config& fields = connection.plain();
  Parameters parameters;
  parameters.add("host", fields.text("host"));
  parameters.add("port", std::to_string(fields.integer("port")));
  parameters.add("dbname", fields.text("database"));
  parameters.add("user", fields.text("username"));
  parameters.add("password", connection.secret("password").reveal());
  parameters.add("application_name", "osiris");
  parameters.add("client_encoding", "UTF8");
  parameters.add("gssencmode", "disable");
  // Finds out within a minute that a silent server is gone.
  parameters.add("keepalives_idle", "30");
  parameters.add("keepalives_interval", "10");
  parameters.add("keepalives_count", "3");
  // A server that takes nothing is as silent as one that says nothing.
  if (fields.has("read_timeout"))
    parameters.add("tcp_user_timeout", std::to_string(fields.duration("read_timeout").count()));
  add_tls(parameters, connection);
  return parameters;
}

/// A text of several lines as one.
std::string one_line(std::string_view text) {
  std::string line(trim(text));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

/// What the library says of a connection that could not be made. It keeps the SQLSTATE to itself, but in
/// verbose mode it stands in the text: "FATAL:  28P01: password authentication failed\nLOCATION:  …".
struct ConnectFailure {
  std::string sqlstate, text;
};

ConnectFailure parse_failure(std::string_view told) {
  constexpr std::string_view kBefore = ":  ", kAfter = ": ";
  constexpr std::size_t kWidth = 5;
  const auto is_of_state = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  // Of several attempts, one for each address, encrypted and then plain, the last one counts.
  for (std::size_t at = told.rfind(kBefore); at != std::string_view::npos && at > 0;
       at = told.rfind(kBefore, at - 1)) {
    const std::string_view rest = told.substr(at + kBefore.size());
    const std::string_view state = rest.substr(0, kWidth);
    if (state.size() < kWidth || !std::ranges::all_of(state, is_of_state)) continue;
    if (!rest.substr(kWidth).starts_with(kAfter)) continue;
    const std::string_view text = rest.substr(kWidth + kAfter.size());
    return {std::string(state), std::string(text.substr(0, text.find('\n')))};
  }
  return {"", one_line(told)};
}

/// The SQLSTATE of a failure that the server did not tell: by how far connecting had come.
std::string_view sqlstate_at(ConnStatusType stage, bool needs_password) {
  if (needs_password) return kNoPassword;
  switch (stage) {
    case CONNECTION_BAD:
    case CONNECTION_NEEDED:
    case CONNECTION_STARTED:
    case CONNECTION_MADE:
      return kUnreachable;
    case CONNECTION_SSL_STARTUP:
      return kNoEncryption;
    default:
      return kBroken;
  }
}

}  // namespace

Connection::Connection(const ConnectionConfig& config, Cancellation& cancellation)
    : config_(&config), cancellation_(&cancellation) {
  connect(Clock::now() + config.plain().duration("connect_timeout"));
  hook_ = cancellation.on_cancel([socket = PQsocket(handle())] { cut_off(socket); });
  cancellation.check();
  run(kSessionSettings);
}

void Connection::connect(Clock::time_point deadline) {
  const std::string host = config_->plain().text("host");
  const auto timed_out = [&] {
    cancellation_->check();
    return Error(ErrorKind::kConnection, "connection.timeout",
                 cat("the server did not answer in time: '", host, "'"),
                 cat("check host and port of ", config_->reference(), ", or raise its connect_timeout"))
        .retryable();
  };
  if (!host.starts_with('/')) {
    const NameLookup found = look_up(host, deadline, *cancellation_);
    if (found == NameLookup::kTimedOut) throw timed_out();
    if (found == NameLookup::kUnknown) throw server_error(kUnknownHost, cat("'", host, "'"), *config_);
  }
  const WakeUp wake_up(*cancellation_);
  handle_ = parameters_of(*config_).start();
  invariant(handle_ != nullptr, "the client library has memory");
  PQsetNoticeProcessor(
      handle(), [](void*, const char*) {}, nullptr);
  PQsetErrorVerbosity(handle(), PQERRORS_VERBOSE);
  ConnStatusType stage = PQstatus(handle());
  PostgresPollingStatusType wanted = stage == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
    pollfd watched[] = {{PQsocket(handle()), 0, 0}, {wake_up.descriptor(), POLLIN, 0}};
    watched[0].events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (poll(watched, 2, remaining_ms(deadline)) <= 0 || watched[1].revents != 0) throw timed_out();
    stage = PQstatus(handle());
    wanted = PQconnectPoll(handle());
  }
  if (wanted == PGRES_POLLING_OK) return;
  cancellation_->check();
  ConnectFailure failure = parse_failure(PQerrorMessage(handle()));
  if (failure.sqlstate.empty()) {
    failure.sqlstate = sqlstate_at(stage, PQconnectionNeedsPassword(handle()) != 0);
  }
  throw server_error(failure.sqlstate, failure.text, *config_);
}

std::string Connection::server() const {
  const std::string_view version = PQparameterStatus(handle(), "server_version");
  return cat("PostgreSQL ", version.substr(0, version.find_first_not_of("0123456789.")));
}

void Connection::begin_reading(std::optional<std::chrono::milliseconds> statement_timeout) {
  has_statement_timeout_ = statement_timeout.has_value();
  if (statement_timeout) run(cat("SET statement_timeout=", statement_timeout->count()));
  run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

std::uint64_t Connection::run(const std::string& statements) {
  const Result result = last_result(statements);
  return static_cast<std::uint64_t>(parse_integer(PQcmdTuples(result.get())).value_or(0));
}

std::vector<Row> Connection::rows(const std::string& statement) {
  const Result result = expect(last_result(statement), PGRES_TUPLES_OK);
  std::vector<Row> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    Row& cells = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      cells.emplace_back();
      if (PQgetisnull(result.get(), row, column) != 0) continue;
      cells.back().emplace(PQgetvalue(result.get(), row, column),
                           static_cast<std::size_t>(PQgetlength(result.get(), row, column)));
    }
  }
  return rows;
}

void Connection::send(const std::string& statements) {
  if (PQsendQuery(handle(), statements.c_str()) == 0) fail();
}

Result Connection::next_result() {
  while (PQisBusy(handle()) != 0) wait_readable();
  return Result(PQgetResult(handle()));
}

Result Connection::last_result(const std::string& statements) {
  send(statements);
  Result last, failed;
  while (Result result = next_result()) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) refuse_copy();
    Result& kept = status == PGRES_FATAL_ERROR ? failed : last;
    kept = std::move(result);
  }
  if (failed) fail(failed.get());
  if (!last) fail();
  return last;
}

/// Nobody is there to go on with it, and libpq would say so for ever.
void Connection::refuse_copy() const {
  abandon();
  throw Error(ErrorKind::kUser, "query.failed", "a statement copies from or to its client",
              "COPY in a statement reads and writes files of the server only");
}

void Connection::wait_readable() {
  const Config& fields = config_->plain();
  const bool is_patient = !fields.has("read_timeout");
  const int limit_ms = is_patient ? -1 : remaining_ms(Clock::now() + fields.duration("read_timeout"));
  // What TLS has decrypted already, the socket does not show.
  auto* const tls = static_cast<SSL*>(PQsslStruct(handle(), "OpenSSL"));
  const bool is_there = tls != nullptr && SSL_pending(tls) > 0;
  pollfd watched{PQsocket(handle()), POLLIN, 0};
  if (is_there || poll(&watched, 1, limit_ms) != 0) {
    if (PQconsumeInput(handle()) == 0) fail();
    return;
  }
  cancellation_->check();
  throw Error(
      ErrorKind::kConnection, "connection.timeout",
      cat("the server was silent longer than read_timeout: '", fields.text("read_timeout"), "'"),
      cat("raise read_timeout of ", config_->reference(), ", or look why the server stopped answering"))
      .retryable();
}

Result Connection::expect(Result result, ExecStatusType wanted) const {
  if (result == nullptr) fail();
  if (PQresultStatus(result.get()) != wanted) fail(result.get());
  return result;
}

std::string Connection::literal(std::string_view text) const {
  std::string escaped(2 * text.size() + 1, '\0');
  escaped.resize(PQescapeStringConn(handle(), escaped.data(), text.data(), text.size(), nullptr));
  return cat("'", escaped, "'");
}

void Connection::fail() const {
  cancellation_->check();
  throw server_error(kBroken, one_line(PQerrorMessage(handle())), *config_);
}

void Connection::fail(const PGresult* result) const {
  cancellation_->check();
  const std::string sqlstate(report_field(result, PG_DIAG_SQLSTATE));
  if (sqlstate.empty()) fail();
  const std::string_view detail = report_field(result, PG_DIAG_MESSAGE_DETAIL);
  const bool is_timeout = sqlstate == kStopped && has_statement_timeout_;
  throw server_error(
      is_timeout ? kTimedOut : sqlstate,
      cat(report_field(result, PG_DIAG_MESSAGE_PRIMARY), detail.empty() ? "" : cat(" (", detail, ")")),
      *config_);
}

void Connection::abandon() const { cut_off(PQsocket(handle())); }

std::string_view report_field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted += '"';
}

namespace {

std::string look_at_table(const ConnectionConfig& config, const std::string& table,
                          Cancellation& cancellation) {
  Connection connection(config, cancellation);
  const std::string name = connection.literal(quoted_table(table));
  // Where the table is not there, or may not be read, the server says so itself.
  connection.rows(cat("SELECT 1 FROM ", quoted_table(table), " LIMIT 0"));
  const auto rows = connection.rows(
      cat("SELECT c.reltuples::bigint, row_security_active(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = ",
          name, "::regclass"));
  if (rows.front()[1] == "t" &&
      connection.rows(cat("SELECT 1 FROM ", quoted_table(table), " LIMIT 1")).empty()) {
    throw Error(
        ErrorKind::kUser, "connection.hidden_rows",
        cat("row-level security hides every row of '", table, "' from this account, or there is none"),
        "use an account that bypasses row-level security, or give this one a policy");
  }
  const auto estimate = parse_integer(rows.front()[0].value_or("")).value_or(-1);
  return estimate < 0 ? "can be read" : cat("about ", counted(static_cast<std::uint64_t>(estimate), "row"));
}

}  // namespace

void describe_connection(ConnectionType& type) {
  type.ping = [](const ConnectionConfig& config, Cancellation& cancellation) {
    return Connection(config, cancellation).server();
  };
  type.look_at_table = look_at_table;
}

}  // namespace osiris::postgres
