#include "mysql/connection.h"

#include <algorithm>
#include <cerrno>

#include <errmsg.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "component/component.h"
#include "mysql/errors.h"
#include "net/cut_off.h"
#include "net/name_lookup.h"
#include "net/wake_up.h"

namespace osiris::mysql {

namespace {

using Clock = std::chrono::steady_clock;

/// The client library's own stack while it connects: a TLS handshake and a name lookup fit in it.
constexpr std::size_t kConnectStackBytes = std::size_t{512} << 10;
/// The protocol's bound for one value; the library's default is 16 MiB.
constexpr std::size_t kMaxPacketBytes = std::size_t{1} << 30;

constexpr int kNoDescriptor = -1;  ///< poll() passes it over

/// Waits for what the library waits for; says "timed out" at the deadline and once `wake_up` is readable.
int wait_for(MYSQL* handle, int wanted, int wake_up, Clock::time_point deadline) {
  pollfd watched[] = {{mysql_get_socket(handle), 0, 0}, {wake_up, POLLIN, 0}};
  if ((wanted & MYSQL_WAIT_READ) != 0) watched[0].events |= POLLIN;
  if ((wanted & MYSQL_WAIT_WRITE) != 0) watched[0].events |= POLLOUT;
  if ((wanted & MYSQL_WAIT_EXCEPT) != 0) watched[0].events |= POLLPRI;
  const int ready = poll(watched, 2, remaining_ms(deadline));
  if (ready <= 0 || watched[1].revents != 0) return MYSQL_WAIT_TIMEOUT;
  const int broken = watched[0].revents & (POLLERR | POLLHUP);
  int events = broken != 0 ? wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE) : 0;
  if ((watched[0].revents & POLLIN) != 0) events |= MYSQL_WAIT_READ;
  if ((watched[0].revents & POLLOUT) != 0) events |= MYSQL_WAIT_WRITE;
  if ((watched[0].revents & POLLPRI) != 0) events |= MYSQL_WAIT_EXCEPT;
  return events;
}

const char* text_or_null(const std::optional<std::string>& text) { return text ? text->c_str() : nullptr; }

/// What the library asks of a connection that offers no rows, whatever file the server names.
int offer_nothing(void** content, const char*, void*) {
  *content = nullptr;
  return 1;
}
int read_nothing(void*, char*, unsigned) { return -1; }
void end_nothing(void*) {}
int tell_nothing(void*, char* text, unsigned size) {
  constexpr std::string_view kRefusal = "no file is offered";
  text[kRefusal.copy(text, size - 1)] = '\0';
  return CR_UNKNOWN_ERROR;
}

unsigned whole_seconds(std::chrono::milliseconds duration) {
  return static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

Connection::Connection(const ConnectionConfig& config, Cancellation& cancellation, bool offers_files)
    : config_(&config), cancellation_(&cancellation), handle_(mysql_init(nullptr)) {
  invariant(handle_ != nullptr, "the client library has memory");
  set_options(offers_files);
  connect(Clock::now() + config.plain().duration("connect_timeout"));
  keep_alive();
  hook_ = cancellation.on_cancel([socket = mysql_get_socket(handle())] { cut_off(socket); });
  cancellation.check();
}

void Connection::set_options(bool offers_files) {
  const Config& fields = config_->plain();
  MYSQL* const target = handle();
  const unsigned local_infile = offers_files ? 1 : 0;
  mysql_options(target, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  offer_no_file();
  mysql_options(target, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(target, MYSQL_OPT_MAX_ALLOWED_PACKET, &kMaxPacketBytes);
  mysql_options(target, MYSQL_OPT_NONBLOCK, &kConnectStackBytes);
  // Over the wire even to localhost, which the library would turn into its own idea of a socket's path.
  const unsigned protocol = fields.has("socket") ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(target, MYSQL_OPT_PROTOCOL, &protocol);
  const unsigned connect_seconds = whole_seconds(fields.duration("connect_timeout"));
  mysql_options(target, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
  if (fields.has("read_timeout")) {
    const unsigned read_seconds = whole_seconds(fields.duration("read_timeout"));
    mysql_options(target, MYSQL_OPT_READ_TIMEOUT, &read_seconds);
    // A server that takes nothing is as silent as one that says nothing.
    mysql_options(target, MYSQL_OPT_WRITE_TIMEOUT, &read_seconds);
  }
  set_tls_options(fields);
}

void Connection::set_tls_options(const Config& fields) {
  const std::string mode = fields.text("tls_mode");
  const auto authority = fields.optional_text("tls_ca");
  const auto certificate = fields.optional_text("tls_cert");
  const auto key = fields.optional_text("tls_key");
  const bool is_verified = mode.starts_with("verify_");
  if (is_verified && !authority) {
    throw Error(ErrorKind::kUser, "connection.invalid",
                cat("tls_mode of ", config_->reference(), " needs tls_ca: '", mode, "'"),
                "name the file of authorities, /etc/ssl/certs/ca-certificates.crt for the system's");
  }
  // A Unix socket stays on the machine; encrypting it would only cost.
  if (mode == "disabled" || (mode == "preferred" && fields.has("socket"))) return;
  mysql_ssl_set(handle(), text_or_null(key), text_or_null(certificate),
                is_verified ? text_or_null(authority) : nullptr, nullptr, nullptr);
  // The library asks for an encrypted connection only where it is "enforced", and takes a plain one all the
  // same where the server offers none; require_encryption() then decides by the mode.
  const my_bool is_enforced = 1;
  const my_bool is_name_checked = mode == "verify_identity";
  mysql_options(handle(), MYSQL_OPT_SSL_ENFORCE, &is_enforced);
  mysql_options(handle(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_name_checked);
}

void Connection::connect(Clock::time_point deadline) {
  const Config& fields = config_->plain();
  const std::string host = fields.text("host");
  const auto socket = fields.optional_text("socket");
  const auto database = fields.optional_text("database");
  const auto timed_out = [&] {
    cancellation_->check();
    return Error(ErrorKind::kConnection, "connection.timeout",
                 cat("the server did not answer in time: '", socket.value_or(host), "'"),
                 cat("check host and port of ", config_->reference(), ", or raise its connect_timeout"))
        .retryable();
  };
  if (!socket) {
    const NameLookup found = look_up(host, deadline, *cancellation_);
    if (found == NameLookup::kTimedOut) throw timed_out();
    if (found == NameLookup::kUnknown) throw server_error(CR_UNKNOWN_HOST, cat("'", host, "'"), *config_);
  }
  const WakeUp wake_up(*cancellation_);
  const std::string user = fields.text("username");
  const auto port = static_cast<unsigned>(fields.integer("port"));
  MYSQL* connected = nullptr;
  bool gave_up = false;
  int wanted = mysql_real_connect_start(&connected, handle(), host.c_str(), user.c_str(),
                                        config_->secret("password").reveal().c_str(), text_or_null(database),
                                        port, text_or_null(socket), 0);
  while (wanted != 0) {
    const int events = wait_for(handle(), wanted, wake_up.descriptor(), deadline);
    gave_up = gave_up || events == MYSQL_WAIT_TIMEOUT;
    wanted = mysql_real_connect_cont(&connected, handle(), events);
  }
  if (connected == nullptr && gave_up) throw timed_out();
  if (connected == nullptr) fail();
  require_encryption();
}

/// The library falls back to plain traffic where the server offers no other, whatever was asked for.
void Connection::require_encryption() const {
  const std::string mode = config_->plain().text("tls_mode");
  if (mode == "disabled" || mode == "preferred" || mysql_get_ssl_cipher(handle()) != nullptr) return;
  throw server_error(CR_SSL_CONNECTION_ERROR, "the server does not offer one", *config_);
}

/// Finds out within a minute that a silent server is gone.
void Connection::keep_alive() const {
  const int socket = mysql_get_socket(handle());
  const auto set = [socket](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::string Connection::server() const {
  const std::string_view version = mysql_get_server_info(handle());
  const std::string_view number = version.substr(0, version.find_first_not_of("0123456789."));
  return cat(is_mariadb() ? "MariaDB " : "MySQL ", number);
}

void Connection::begin_reading(std::optional<std::chrono::milliseconds> statement_timeout) {
  // An empty sql_mode reads strings and names as the dialect says, on every server. A reader that waits for
  // its own target must not be cut off by the server's patience with slow clients, a minute by default.
  std::string settings = "SET time_zone='+00:00', sql_mode='', net_write_timeout=31536000";
  if (statement_timeout && is_mariadb()) {
    settings += cat(", max_statement_time=", static_cast<double>(statement_timeout->count()) / 1000);
  } else if (statement_timeout) {
    settings += cat(", max_execution_time=", statement_timeout->count());
  }
  run(settings);
  run("SET SESSION TRANSACTION READ ONLY");
  run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

void Connection::begin_writing() {
  // Strict, so that the server refuses what it would have to cut, and a 0 in an AUTO_INCREMENT column stays
  // one. Without notes, for a warning then always is a value that was changed. No NO_ZERO_DATE: zero dates
  // that come as text are what the source has. A transaction that waits for its rows, or a merge that takes
  // long, must not be cut off by the server's patience with others.
  std::string settings =
      "SET time_zone='+00:00', sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,"
      "NO_AUTO_VALUE_ON_ZERO', sql_notes=0, sql_safe_updates=0, wait_timeout=31536000, "
      "net_read_timeout=31536000, net_write_timeout=31536000";
  settings += is_mariadb() ? ", max_statement_time=0" : ", max_execution_time=0";
  run(settings);
}

void Connection::send(const std::string& statement) {
  if (mysql_real_query(handle(), statement.data(), statement.size()) != 0) fail();
}

std::uint64_t Connection::run(const std::string& statement) {
  send(statement);
  std::uint64_t changed = 0;
  int next = 0;
  while (next == 0) {
    const Result dropped(mysql_use_result(handle()));
    if (!dropped && mysql_errno(handle()) != 0) fail();
    if (!dropped) changed = mysql_affected_rows(handle());
    next = mysql_next_result(handle());
  }
  if (next > 0) fail();
  return changed;
}

void Connection::roll_back(Clock::time_point deadline) noexcept {
  constexpr std::string_view kStatement = "ROLLBACK";
  int failed = 0;
  int wanted = mysql_real_query_start(&failed, handle(), kStatement.data(), kStatement.size());
  while (wanted != 0) {
    const int events = wait_for(handle(), wanted, kNoDescriptor, deadline);
    wanted = mysql_real_query_cont(&failed, handle(), events);
  }
  if (failed != 0) abandon();
}

std::vector<Row> Connection::rows(const std::string& statement) {
  send(statement);
  const Result result(mysql_store_result(handle()));
  if (!result) fail();
  std::vector<Row> rows;
  const unsigned columns = mysql_num_fields(result.get());
  while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* const lengths = mysql_fetch_lengths(result.get());
    Row& cells = rows.emplace_back();
    for (unsigned column = 0; column < columns; ++column) {
      if (row[column] == nullptr) {
        cells.emplace_back();
      } else {
        cells.emplace_back(std::in_place, row[column], lengths[column]);
      }
    }
  }
  return rows;
}

std::string Connection::literal(std::string_view text) const {
  std::string escaped(2 * text.size() + 1, '\0');
  escaped.resize(mysql_real_escape_string(handle(), escaped.data(), text.data(), text.size()));
  return cat("'", escaped, "'");
}

void Connection::fail() const {
  // The library says "lost" for a server that was silent too long; the system's own word is still there.
  const bool was_silent = errno == ETIMEDOUT && mysql_errno(handle()) == CR_SERVER_LOST;
  cancellation_->check();
  if (was_silent && config_->plain().has("read_timeout")) {
    throw Error(
        ErrorKind::kConnection, "connection.timeout",
        cat("the server was silent longer than read_timeout: '", config_->plain().text("read_timeout"), "'"),
        cat("raise read_timeout of ", config_->reference(), ", or look why the server stopped answering"))
        .retryable();
  }
  throw server_error(mysql_errno(handle()), mysql_error(handle()), *config_);
}

void Connection::fail(MYSQL_STMT* statement) const {
  if (mysql_errno(handle()) != 0) fail();
  fail(mysql_stmt_errno(statement), mysql_stmt_error(statement));
}

void Connection::fail(unsigned number, const std::string& text) const {
  cancellation_->check();
  throw server_error(number, text, *config_);
}

void Connection::offer_no_file() const {
  // The library's own handler would open any file that the server asks for.
  mysql_set_local_infile_handler(handle(), offer_nothing, read_nothing, end_nothing, tell_nothing, nullptr);
}

void Connection::abandon() const { cut_off(mysql_get_socket(handle())); }

void describe_connection(ConnectionType& type) {
  type.ping = [](const ConnectionConfig& config, Cancellation& cancellation) {
    Connection connection(config, cancellation);
    connection.run("DO 1");
    return connection.server();
  };
}

}  // namespace osiris::mysql
