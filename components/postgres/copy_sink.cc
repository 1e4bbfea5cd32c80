#include "postgres/copy_sink.h"

#include <algorithm>
#include <charconv>

#include <poll.h>

#include "base/text.h"
#include "postgres/errors.h"
#include "postgres/server_types.h"

namespace osiris::postgres {
namespace {

/// Signature, flags and an empty header extension.
/// Source: PostgreSQL 15 manual, COPY, Binary Format.
constexpr std::string_view kBinaryHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kBinaryTrailer("\377\377", 2);
constexpr std::string_view kWirePrefix = "postgres copy binary: ";
/// What one message holds: as much as stays in the processor's cache on its way through the library.
constexpr std::size_t kMessageBytes = std::size_t{64} << 10;
/// Rows are gathered up to this size.
constexpr std::size_t kFlushBytes = 4 * kMessageBytes;

std::string copy_statement(const CopySink::Target& target, const TableMatch& match, CopyFormat format) {
  std::vector<std::string> names;
  for (const MatchedColumn& column : match.columns) names.push_back(quoted_name(column.target.name));
  if (target.first_row_number) names.push_back(quoted_name(kRowNumberColumn));
  return cat("COPY ", target.table, " (", join(names, ", "), ") FROM STDIN (FORMAT ",
             format == CopyFormat::kBinary ? "binary" : "text", ")");
}

bool is_readable(int socket) {
  pollfd watched{socket, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

/// "COPY orders, line 17, column amount" -> 17.
std::optional<std::uint64_t> line_of(std::string_view context) {
  constexpr std::string_view kLine = ", line ";
  const std::size_t at = context.starts_with("COPY ") ? context.find(kLine) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t line = 0;
  const char* const digits = context.data() + at + kLine.size();
  const auto [end, problem] = std::from_chars(digits, context.data() + context.size(), line);
  return problem == std::errc() ? std::optional(line) : std::nullopt;
}

/// "COPY orders, line 17, column amount" -> "amount".
std::string_view column_of(std::string_view context) {
  constexpr std::string_view kColumn = ", column ";
  const std::size_t at = context.find(kColumn);
  if (at == std::string_view::npos) return {};
  const std::string_view name = context.substr(at + kColumn.size());
  return name.substr(0, name.find_first_of(":\n"));
}

template <typename T>
bool take_number(std::string_view& text, T& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return problem == std::errc();
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

RelayCheck::RelayCheck(const Schema& schema, const TableMatch& match) {
  if (match.columns.size() != schema.size() || copy_format(match) != CopyFormat::kBinary) return;
  for (const MatchedColumn& column : match.columns) {
    wanted_.push_back({column.target.type_number, column.target.type_modifier});
  }
}

bool RelayCheck::admits(std::string_view format) const {
  if (wanted_.empty() || !format.starts_with(kWirePrefix)) return false;
  format.remove_prefix(kWirePrefix.size());
  for (std::size_t at = 0; at < wanted_.size(); ++at) {
    WireType given{};
    if (at > 0 && !take(format, ',')) return false;
    if (!take_number(format, given.number) || !take(format, ':') || !take_number(format, given.modifier)) {
      return false;
    }
    const bool has_room = wanted_[at].modifier == -1 || wanted_[at].modifier == given.modifier;
    if (given.number != wanted_[at].number || !has_room) return false;
  }
  return format.empty();
}

bool RelayCheck::admits(const Schema& schema) const {
  std::string format(kWirePrefix);
  for (const ColumnType& source : schema) {
    const std::string declared(words_of(source));
    if (find_server_type(declared) == nullptr) return false;
    const TargetColumn column = declared_column(source.name, declared);
    format +=
        cat(format.size() > kWirePrefix.size() ? "," : "", column.type_number, ":", column.type_modifier);
  }
  return admits(format);
}

CopySink::CopySink(Connection& connection, Context& context, const Target& target, const Schema& schema,
                   const TableMatch& match, const LossyColumns& lossy, RowPolicy& policy)
    : connection_(&connection),
      context_(&context),
      policy_(&policy),
      encoder_(schema, match, lossy, target.first_row_number),
      statement_(copy_statement(target, match, encoder_.format())) {
  if (!target.first_row_number) relay_check_.emplace(schema, match);
}

bool CopySink::relays(const Batch& batch, std::size_t begin, std::size_t end) {
  if (!relay_check_ || begin != 0 || end != batch.row_count()) return false;
  const auto wire = batch.wire();
  if (!wire) return false;
  if (wire->format != last_format_.first) {
    last_format_ = {std::string(wire->format), relay_check_->admits(wire->format)};
  }
  return last_format_.second;
}

void CopySink::write(const Batch& batch, std::size_t begin, std::size_t end) {
  if (relays(batch, begin, end)) {
    send(buffer_.view());
    buffer_.cut(0);
    send(batch.wire()->bytes);
    return;
  }
  encoder_.encode(batch, begin, end, *policy_, buffer_);
  if (buffer_.size() < kFlushBytes) return;
  send(buffer_.view());
  buffer_.cut(0);
}

std::uint64_t CopySink::finish() {
  send(buffer_.view());
  buffer_.cut(0);
  if (is_open_) close_copy();
  return acknowledged_;
}

void CopySink::send(std::string_view rows) {
  if (rows.empty()) return;
  if (!is_open_) open_copy();
  put(rows);
  context_->count_bytes_written(rows.size());
  // The server says nothing while it copies, unless it refuses a row or has a notice. The library does not
  // tell which before the statement ends, so it is ended; where rows were well, another one goes on.
  if (is_readable(PQsocket(connection_->handle()))) close_copy();
}

void CopySink::open_copy() {
  connection_->send(statement_);
  connection_->expect(connection_->next_result(), PGRES_COPY_IN);
  is_open_ = true;
  if (encoder_.format() == CopyFormat::kBinary) put(kBinaryHeader);
}

void CopySink::close_copy() {
  is_open_ = false;
  if (encoder_.format() == CopyFormat::kBinary) put(kBinaryTrailer);
  if (PQputCopyEnd(connection_->handle(), nullptr) < 0) connection_->fail();
  Result failed;
  std::uint64_t row_count = 0;
  while (Result result = connection_->next_result()) {
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
      row_count = static_cast<std::uint64_t>(parse_integer(PQcmdTuples(result.get())).value_or(0));
    } else {
      failed = std::move(result);
    }
  }
  if (failed) fail(failed.get());
  acknowledged_ += row_count;
}

void CopySink::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view message = bytes.substr(0, kMessageBytes);
    if (PQputCopyData(connection_->handle(), message.data(), static_cast<int>(message.size())) < 0) {
      connection_->fail();
    }
    bytes.remove_prefix(message.size());
  }
}

void CopySink::fail(const PGresult* result) const {
  const std::string_view sqlstate = report_field(result, PG_DIAG_SQLSTATE);
  const std::string_view context = report_field(result, PG_DIAG_CONTEXT);
  const bool is_about_a_row = sqlstate.starts_with("22") || sqlstate.starts_with("23");
  const auto line = line_of(context);
  if (!is_about_a_row || !line) connection_->fail(result);
  const std::string_view detail = report_field(result, PG_DIAG_MESSAGE_DETAIL);
  const std::string_view column = column_of(context);
  std::string text = cat("row ", acknowledged_ + *line);
  if (!column.empty()) text += cat(", column '", column, "'");
  text += cat(": ", report_field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (!detail.empty()) text += cat(" (", detail, ")");
  throw server_error(sqlstate, text, connection_->config());
}

}  // namespace osiris::postgres
