#include "sqlite/source.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "component/read_only_sql.h"
#include "load/incremental.h"
#include "sqlite/new_rows.h"

namespace osiris::sqlite {

namespace {

constexpr SqlDialect kDialect;
constexpr std::string_view kTypesTable = "temp.\"_osiris_types\"";

/// What stands after SELECT and FROM.
struct Parts {
  std::string select = "*", from, where;

  std::string statement() const {
    return cat("SELECT ", select, " FROM ", from, where.empty() ? "" : cat(" WHERE (", where, "\n)"));
  }
};

Parts table_parts(const Config& config, const std::string& table) {
  Parts parts;
  parts.from = quoted_name(table);
  std::vector<std::string> names;
  for (const std::string& name : config.texts("columns")) names.push_back(quoted_name(name));
  if (!names.empty()) parts.select = join(names, ", ");
  parts.where = config.optional_text("where").value_or("");
  return parts;
}

void check_reads(sqlite3_stmt* statement) {
  if (statement == nullptr || sqlite3_column_count(statement) == 0) {
    throw Error(ErrorKind::kUser, "query.not_read_only", "the statement gives no columns",
                "an extractor wants one SELECT");
  }
  if (sqlite3_stmt_readonly(statement) == 0) {
    throw Error(ErrorKind::kUser, "query.not_read_only", "the statement would change data",
                "an extractor only reads");
  }
  if (sqlite3_bind_parameter_count(statement) > 0) {
    throw Error(ErrorKind::kUser, "query.syntax", "the statement has parameters",
                "write the values into it; ${params.name} stands for a parameter of the pipeline");
  }
}

/// What a CAST says: SQLite tells the affinity of an expression only by the table that it would make of it.
std::vector<std::string> expression_types(Connection& connection, const std::string& statement) {
  connection.run(cat("CREATE TEMP TABLE \"_osiris_types\" AS SELECT * FROM (", statement, "\n) LIMIT 0"));
  std::vector<std::string> types;
  for (const Row& row : connection.rows("SELECT type FROM pragma_table_info('_osiris_types', 'temp')")) {
    types.push_back(row[0].value_or(""));
  }
  connection.run(cat("DROP TABLE ", kTypesTable));
  return types;
}

/// "NUM" says nothing of a column's values, and "" neither.
DeclaredType type_of_expression(const std::string& type) {
  return type == "NUM" ? parse_declared("") : parse_declared(type);
}

bool is_not_null(Connection& connection, sqlite3_stmt* statement, int column) {
  const char* const table = sqlite3_column_table_name(statement, column);
  const char* const origin = sqlite3_column_origin_name(statement, column);
  if (table == nullptr || origin == nullptr) return false;
  int is_required = 0;
  const int status = sqlite3_table_column_metadata(connection.handle(), "main", table, origin, nullptr,
                                                   nullptr, &is_required, nullptr, nullptr);
  return status == SQLITE_OK && is_required != 0;
}

std::vector<SourceColumn> columns_of(Connection& connection, const std::string& statement, bool is_table) {
  const Statement prepared = connection.prepare(statement);
  check_reads(prepared.get());
  std::vector<SourceColumn> columns;
  bool has_expressions = false;
  for (int index = 0; index < sqlite3_column_count(prepared.get()); ++index) {
    SourceColumn& column = columns.emplace_back();
    column.name = sqlite3_column_name(prepared.get(), index);
    const char* const declared = sqlite3_column_decltype(prepared.get(), index);
    has_expressions = has_expressions || declared == nullptr;
    column.declared = parse_declared(declared == nullptr ? "" : declared);
    // A column of a query may be null for the sake of an outer join.
    column.is_nullable = !(is_table && is_not_null(connection, prepared.get(), index));
  }
  if (!has_expressions) return columns;
  const std::vector<std::string> types = expression_types(connection, statement);
  for (std::size_t index = 0; index < std::min(columns.size(), types.size()); ++index) {
    if (columns[index].declared.declared.empty()) columns[index].declared = type_of_expression(types[index]);
  }
  return columns;
}

/// Types that the config names beat what the database declares.
void apply_types(const Config& config, std::vector<SourceColumn>& columns) {
  const Json& types = config.value("types");
  if (!types.is_object()) return;
  std::vector<std::string> names;
  for (const SourceColumn& column : columns) names.push_back(column.name);
  for (const auto& [name, words] : types.items()) {
    const auto column = std::ranges::find(columns, name, &SourceColumn::name);
    if (column == columns.end()) {
      throw Error(ErrorKind::kUser, "config.invalid", cat("types names no column of the rows: '", name, "'"),
                  suggestion(name, names));
    }
    const auto known = words.is_string() ? parse_known(words.get<std::string>()) : std::nullopt;
    if (!known) {
      throw Error(ErrorKind::kUser, "config.invalid",
                  cat("types has no type for the column '", name, "': ", words.dump()),
                  "integer, double, decimal(12,2), boolean, text, blob, date, time, timestamp, timestamptz, "
                  "json, uuid");
    }
    column->declared = *known;
  }
}

}  // namespace

Source::Source(const Config& config, const Window& window, Connection& connection) {
  Parts parts;
  const auto table = config.optional_text("table");
  if (table) {
    parts = table_parts(config, *table);
    statement = parts.statement();
  } else {
    const std::string query = config.text("query");
    statement = bare_statement(query, kDialect);
    parts.from = rows_of_query(statement);
  }
  if (table && connection
                   .rows(cat("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ",
                             literal(*table), " COLLATE NOCASE"))
                   .empty()) {
    throw Error(ErrorKind::kUser, "query.unknown_table", cat("the table does not exist: '", *table, "'"),
                "check the name and the database");
  }
  columns = columns_of(connection, statement, table.has_value());
  apply_types(config, columns);
  connection.only_read();
  const auto incremental = IncrementalOptions::of(config);
  if (!incremental) return;
  add_moment_function(connection);
  statement = new_rows_statement(parts.select, table ? cat("(", statement, ") AS osiris_rows") : parts.from,
                                 schema_of(columns), *incremental, window);
}

}  // namespace osiris::sqlite
