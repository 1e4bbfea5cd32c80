#include "component/catalog.h"

#include "postgres/catalog.h"
#include "supabase/database_road.h"
#include "supabase/rest_client.h"
#include "supabase/rest_table.h"

namespace osiris::supabase {

namespace {

/// Names without the project's schema, which a step need not write.
std::vector<CatalogTable> look_at_database(const ConnectionConfig& project, const ConnectionConfig& database,
                                           const std::optional<std::string>& table,
                                           Cancellation& cancellation) {
  const std::string schema = project.plain().text("schema");
  std::optional<std::string> wanted;
  if (table) wanted = table_in(project, *table);
  std::vector<CatalogTable> tables = postgres::look_at_schema(database, wanted, schema, cancellation);
  for (CatalogTable& each : tables) {
    if (each.name.starts_with(schema + ".")) each.name.erase(0, schema.size() + 1);
  }
  return tables;
}

CatalogTable table_of(const RestTable& described) {
  CatalogTable table;
  table.name = described.name;
  for (const RestTable::Column& column : described.columns)
    table.columns.push_back({column.target.name, column.target.declared, column.type.nullable});
  if (const auto key = described.key(); !key.empty()) table.keys.push_back(key);
  return table;
}

}  // namespace

std::vector<CatalogTable> look_at_catalog(const ConnectionConfig& project,
                                          const std::optional<std::string>& table,
                                          Cancellation& cancellation) {
  if (const auto database = database_of(project))
    return look_at_database(project, *database, table, cancellation);
  RestClient client(project, cancellation);
  const RestDescription description(client);
  std::vector<std::string> names = description.table_names();
  if (table) names = {*table};
  CatalogLists::Rows rows;
  for (const std::string& name : names) {
    if (description.find_table(name)) rows.push_back({name, "table", std::nullopt});
  }
  std::vector<CatalogTable> tables = CatalogLists(rows).tables();
  for (CatalogTable& each : tables) each = table_of(*description.find_table(each.name));
  return tables;
}

}  // namespace osiris::supabase
