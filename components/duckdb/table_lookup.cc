#include "duckdb/table_lookup.h"

#include "base/error.h"
#include "base/text.h"
#include "duckdb/connection.h"
#include "duckdb/type_verdicts.h"

namespace osiris::duckdb {

namespace {

/// "shop.orders" -> shop and orders; without a schema, main.
struct QualifiedName {
  std::string schema = "main", table;

  explicit QualifiedName(const std::string& name) : table(name) {
    quoted_table(name);  // refuses what is no name
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return;
    schema = name.substr(0, dot);
    table = name.substr(dot + 1);
  }
  /// The condition that finds it in a list of the catalogue.
  std::string condition(std::string_view name_column) const {
    return cat("database_name = current_database() AND lower(schema_name) = lower(", literal(schema),
               ") AND lower(", name_column, ") = lower(", literal(table), ")");
  }
};

TargetTable named_table(const std::string& schema, const std::string& table) {
  TargetTable target;
  target.name = cat(schema, ".", table);
  target.quoted = cat(quoted_name(schema), ".", quoted_name(table));
  target.ledger = cat(quoted_name(schema), ".\"_osiris_loads\"");
  target.marks = cat(quoted_name(schema), ".\"_osiris_state\"");
  target.is_case_sensitive = false;
  return target;
}

/// A text that no name has.
constexpr char kSeparator = '\x1F';

}  // namespace

std::optional<TargetTable> find_table(DatabaseFile& database, const std::string& name) {
  const QualifiedName wanted(name);
  if (!database.rows(cat("SELECT 1 FROM duckdb_views() WHERE ", wanted.condition("view_name"))).empty()) {
    throw Error(ErrorKind::kUser, "load.not_a_table",
                cat("rows can be loaded into tables only, and this is a view: '", name, "'"),
                "name the table itself");
  }
  const auto found =
      database.rows(cat("SELECT schema_name, table_name, estimated_size FROM duckdb_tables() WHERE ",
                        wanted.condition("table_name")));
  if (found.empty()) return std::nullopt;
  TargetTable table = named_table(found[0][0].value_or(""), found[0][1].value_or(""));
  table.estimated_rows = static_cast<std::uint64_t>(parse_integer(found[0][2].value_or("0")).value_or(0));
  for (const auto& row : database.rows(cat("SELECT column_name, data_type, is_nullable, column_default IS "
                                           "NOT NULL FROM duckdb_columns() WHERE ",
                                           wanted.condition("table_name"), " ORDER BY column_index"))) {
    TargetColumn& column =
        table.columns.emplace_back(declared_column(row[0].value_or(""), row[1].value_or("")));
    column.is_nullable = row[2] == "true";
    column.has_default = row[3] == "true";
  }
  for (const auto& row : database.rows(
           cat("SELECT array_to_string(constraint_column_names, chr(", int{kSeparator},
               ")) FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE') AND ",
               wanted.condition("table_name"), " ORDER BY constraint_type, constraint_index"))) {
    table.unique_keys.push_back(split(row[0].value_or(""), kSeparator));
  }
  return table;
}

TargetTable unmade_table(const std::string& name) {
  const QualifiedName wanted(name);
  return named_table(wanted.schema, wanted.table);
}

}  // namespace osiris::duckdb
