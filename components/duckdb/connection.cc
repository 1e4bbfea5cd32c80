#include "duckdb/connection.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "engine/database_file.h"

namespace osiris::duckdb {

namespace {

std::string doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) quoted.append(c == quote ? 2 : 1, c);
  return quoted += quote;
}

}  // namespace

SqlOptions options_of(const ConnectionConfig& config, Cancellation& cancellation) {
  SqlOptions options;
  options.database_file = config.plain().text("path");
  options.memory_limit_bytes = config.plain().size("memory_limit");
  options.cancellation = &cancellation;
  return options;
}

SqlOptions file_options(Context& context) {
  SqlOptions options = options_of(context.connection(), context.cancellation());
  options.temporary_folder = context.temporary_folder();
  options.allow_external_access = context.allows_external_access();
  return options;
}

std::string quoted_name(std::string_view name) { return doubled(name, '"'); }

/// A NUL would end the statement.
std::string literal(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string& part : split(text, '\0')) parts.push_back(doubled(part, '\''));
  return parts.size() == 1 ? parts.front() : cat("(", join(parts, " || chr(0) || "), ")");
}

std::string quoted_table(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view table = text.substr(dot == std::string_view::npos ? 0 : dot + 1);
  if (table.empty() || dot == 0) {
    throw Error(ErrorKind::kUser, "query.invalid_table", cat("not a table's name: '", text, "'"),
                "write table or schema.table, without quotes");
  }
  if (dot == std::string_view::npos) return quoted_name(table);
  return cat(quoted_name(text.substr(0, dot)), ".", quoted_name(table));
}

std::string server() { return cat("DuckDB ", engine_version()); }

void describe_connection(ConnectionType& type) {
  type.ping = [](const ConnectionConfig& config, Cancellation& cancellation) {
    const DatabaseFile database(options_of(config, cancellation), DatabaseFile::Access::kOnlyLook);
    return server();
  };
  type.look_at_table = [](const ConnectionConfig& config, const std::string& table,
                          Cancellation& cancellation) {
    DatabaseFile database(options_of(config, cancellation), DatabaseFile::Access::kOnlyLook);
    const auto rows = database.rows(cat("SELECT count(*) FROM ", quoted_table(table)));
    return counted(static_cast<std::uint64_t>(parse_integer(rows.at(0).at(0).value_or("")).value_or(0)),
                   "row");
  };
}

}  // namespace osiris::duckdb
