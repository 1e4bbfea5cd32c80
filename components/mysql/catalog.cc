#include "component/catalog.h"

#include "base/text.h"
#include "mysql/connection.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

namespace {

/// Which rows of a view of the information schema are about what is wanted, and how they name a table.
struct Scope {
  std::string condition;
  std::string name = "TABLE_NAME";
};

Scope scope_of(const Connection& connection, const ConnectionConfig& config,
               const std::optional<std::string>& table) {
  if (table) {
    const TableName wanted = parse_table_name(*table);
    Scope scope{is_table(connection, wanted)};
    if (!wanted.database.empty()) scope.name = "CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)";
    return scope;
  }
  if (config.plain().has("database")) return {"TABLE_SCHEMA = DATABASE()"};
  return {"TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')",
          "CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)"};
}

}  // namespace

std::vector<CatalogTable> look_at_catalog(const ConnectionConfig& config,
                                          const std::optional<std::string>& table,
                                          Cancellation& cancellation) {
  Connection connection(config, cancellation);
  connection.begin_reading(std::nullopt);
  const Scope scope = scope_of(connection, config, table);
  const auto select = [&](std::string_view what, std::string_view view, std::string_view rest) {
    return connection.rows(cat("SELECT ", scope.name, ", ", what, " FROM information_schema.", view,
                               " WHERE ", scope.condition, rest));
  };
  CatalogLists lists(select("IF(TABLE_TYPE LIKE '%VIEW', 'view', 'table'), TABLE_ROWS", "TABLES",
                            " AND TABLE_TYPE <> 'SEQUENCE' ORDER BY 1"));
  lists.add_columns(
      select("COLUMN_NAME, COLUMN_TYPE, LOWER(IS_NULLABLE)", "COLUMNS", " ORDER BY 1, ORDINAL_POSITION"));
  // The beginning of a text, or an expression, tells no row apart.
  lists.add_keys(select("IF(INDEX_NAME = 'PRIMARY', '', INDEX_NAME), IF(SUB_PART IS NULL, COLUMN_NAME, NULL)",
                        "STATISTICS", " AND NON_UNIQUE = 0 ORDER BY 1, 2, SEQ_IN_INDEX"));
  return std::move(lists).tables();
}

}  // namespace osiris::mysql
