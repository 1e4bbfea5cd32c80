#include "component/catalog.h"

#include "base/text.h"
#include "duckdb/connection.h"
#include "engine/database_file.h"

namespace osiris::duckdb {

namespace {

/// What finds the wanted table, or all, in a list of the engine's whose name for a table is in `column`.
std::string condition_of(const std::optional<std::string>& table, std::string_view column) {
  std::string condition = " WHERE database_name = current_database()";
  if (!table) return condition;
  quoted_table(*table);  // refuses what is no name
  const std::size_t dot = table->find('.');
  const std::string schema = dot == std::string::npos ? "main" : table->substr(0, dot);
  const std::string name = dot == std::string::npos ? *table : table->substr(dot + 1);
  return cat(condition, " AND lower(schema_name) = lower(", literal(schema), ") AND lower(", column,
             ") = lower(", literal(name), ")");
}

std::string name_of(std::string_view column) {
  return cat("CASE WHEN schema_name = 'main' THEN ", column, " ELSE schema_name || '.' || ", column, " END");
}

}  // namespace

std::vector<CatalogTable> look_at_catalog(const ConnectionConfig& config,
                                          const std::optional<std::string>& table,
                                          Cancellation& cancellation) {
  DatabaseFile database(options_of(config, cancellation), DatabaseFile::Access::kOnlyLook);
  const std::string of_table = condition_of(table, "table_name");
  const std::string name = name_of("table_name");
  CatalogLists lists(database.rows(
      cat("SELECT ", name, ", 'table', estimated_size::VARCHAR FROM duckdb_tables()", of_table,
          " AND NOT internal UNION ALL SELECT ", name_of("view_name"), ", 'view', NULL FROM duckdb_views()",
          condition_of(table, "view_name"), " AND NOT internal ORDER BY 1")));
  lists.add_columns(database.rows(cat("SELECT ", name,
                                      ", column_name, data_type, CASE WHEN is_nullable THEN 'yes' ELSE 'no' "
                                      "END FROM duckdb_columns()",
                                      of_table, " AND NOT internal ORDER BY 1, column_index")));
  lists.add_keys(database.rows(cat("SELECT ", name,
                                   ", constraint_index::VARCHAR, unnest(constraint_column_names) FROM "
                                   "(FROM duckdb_constraints() ORDER BY constraint_type, constraint_index)",
                                   of_table, " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')")));
  return std::move(lists).tables();
}

}  // namespace osiris::duckdb
