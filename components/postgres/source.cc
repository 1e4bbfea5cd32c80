#include "postgres/source.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "component/read_only_sql.h"
#include "postgres/new_rows.h"

namespace osiris::postgres {

namespace {

constexpr SqlDialect kDialect{.dollar_quotes = true, .nested_comments = true};

std::string query_of(const Config& config) {
  const std::string query = config.text("query");
  return std::string(bare_statement(query, kDialect));
}

std::string table_statement(const Config& config, const std::string& table) {
  std::vector<std::string> columns;
  for (const std::string& name : config.texts("columns")) columns.push_back(quoted_name(name));
  const auto where = config.optional_text("where");
  return cat("SELECT ", columns.empty() ? "*" : join(columns, ", "), " FROM ", quoted_table(table),
             where ? cat(" WHERE (", *where, "\n)") : "");
}

std::string statement_of(const Config& config) {
  if (const auto table = config.optional_text("table")) return table_statement(config, *table);
  return query_of(config);
}

/// The columns of a statement that is not run.
Result described(Connection& connection, const std::string& statement) {
  if (PQsendPrepare(connection.handle(), "", statement.c_str(), 0, nullptr) == 0) connection.fail();
  connection.expect(connection.next_result(), PGRES_COMMAND_OK);
  while (connection.next_result() != nullptr) {
  }
  if (PQsendDescribePrepared(connection.handle(), "") == 0) connection.fail();
  Result description = connection.expect(connection.next_result(), PGRES_COMMAND_OK);
  while (connection.next_result() != nullptr) {
  }
  return description;
}

/// What the catalogue has about the columns of a description, in their order: the type in the server's words,
/// its send function, whether it is a column of a table that is declared NOT NULL, and the rows that the
/// server counted last in the first column's table.
std::string catalogue_query(const PGresult* description) {
  std::vector<std::string> types, modifiers, tables, numbers;
  for (int column = 0; column < PQnfields(description); ++column) {
    types.push_back(std::to_string(PQftype(description, column)));
    modifiers.push_back(std::to_string(PQfmod(description, column)));
    tables.push_back(std::to_string(PQftable(description, column)));
    numbers.push_back(std::to_string(PQftablecol(description, column)));
  }
  const auto list = [](const std::vector<std::string>& values, std::string_view type) {
    return cat("'{", join(values, ","), "}'::", type, "[]");
  };
  return cat(
      "SELECT format_type(c.type, c.modifier), t.typsend::text, a.attnotnull, (SELECT reltuples::bigint FROM "
      "pg_class WHERE oid = ",
      tables.front(), ") FROM unnest(", list(types, "oid"), ", ", list(modifiers, "int4"), ", ",
      list(tables, "oid"), ", ", list(numbers, "int2"),
      ") WITH ORDINALITY AS c(type, modifier, relation, number, place) LEFT JOIN pg_type AS t ON t.oid = "
      "c.type"
      " LEFT JOIN pg_attribute AS a ON a.attrelid = c.relation AND a.attnum = c.number ORDER BY c.place");
}

/// A column of a query may be null for the sake of an outer join; one of a whole table is what it says.
std::vector<SourceColumn> columns_of(const PGresult* description, const std::vector<Row>& catalogue,
                                     bool is_whole_table) {
  std::vector<SourceColumn> columns;
  int index = 0;
  for (const Row& row : catalogue) {
    SourceColumn column;
    column.name = PQfname(description, index);
    column.type_number = PQftype(description, index);
    column.type_modifier = PQfmod(description, index);
    column.declared = row[0].value_or("unknown");
    column.send_function = row[1].value_or("");
    column.is_nullable = !(is_whole_table && row[2] == "t");
    columns.push_back(std::move(column));
    ++index;
  }
  return columns;
}

void check_description(const PGresult* description) {
  if (PQnparams(description) > 0) {
    throw Error(ErrorKind::kUser, "query.syntax", "the statement has parameters: '$1'",
                "write the values into it; ${params.name} stands for a parameter of the pipeline");
  }
  if (PQnfields(description) == 0) {
    throw Error(ErrorKind::kUser, "query.not_read_only", "the statement gives no columns",
                "an extractor wants one SELECT");
  }
}

}  // namespace

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

Source::Source(const Config& config, const Window& window, Connection& connection)
    : statement_(statement_of(config)), is_copied_(to_lower(statement_.substr(0, 4)) != "show") {
  const Result description = described(connection, statement_);
  check_description(description.get());
  const bool is_whole_table = config.has("table");
  const std::vector<Row> catalogue = connection.rows(catalogue_query(description.get()));
  for (const SourceColumn& column : columns_of(description.get(), catalogue, is_whole_table)) {
    columns_.push_back(is_copied_ ? plan_column(column) : plan_text(column));
  }
  // A view counts as 0, a table that was never counted as -1.
  const auto counted = parse_integer(catalogue.front()[3].value_or("0")).value_or(0);
  if (is_whole_table && counted > 0) counted_rows_ = static_cast<std::uint64_t>(counted);
  if (const auto incremental = IncrementalOptions::of(config)) {
    statement_ =
        new_rows_statement(rows_of_query(statement_of(config)), columns_, *incremental, window, connection);
  }
}

std::unique_ptr<RowStream> Source::open(Connection& connection) const {
  if (!is_copied_) return open_text(connection, statement_);
  return open_copy(connection, cat("COPY (", castable_statement(), "\n) TO STDOUT (FORMAT binary)"));
}

std::string Source::castable_statement() const {
  if (std::ranges::find(columns_, Carry::kCast, &ColumnPlan::carry) == columns_.end()) return statement_;
  std::vector<std::string> selected, names;
  for (const ColumnPlan& column : columns_) {
    names.push_back(cat("c", names.size()));
    selected.push_back(cat(names.back(), column.carry == Carry::kCast ? "::text" : ""));
  }
  return cat("SELECT ", join(selected, ", "), " FROM (", statement_, "\n) AS given(", join(names, ", "), ")");
}

std::optional<std::uint64_t> Source::estimated_rows(Connection& connection) const {
  if (!is_copied_) return std::nullopt;
  const std::vector<Row> plan = connection.rows(cat("EXPLAIN (FORMAT JSON) ", statement_));
  return static_cast<std::uint64_t>(
      Json::parse(plan.at(0).at(0).value()).at(0).at("Plan").at("Plan Rows").get<double>());
}

}  // namespace osiris::postgres
