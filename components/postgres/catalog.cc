#include "postgres/catalog.h"

#include "base/text.h"
#include "postgres/connection.h"
#include "postgres/source.h"

namespace osiris::postgres {

namespace {

constexpr std::string_view kName =
    "CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END";
constexpr std::string_view kTables =
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

std::string condition_of(const Connection& connection, const std::optional<std::string>& table,
                         const std::optional<std::string>& schema) {
  std::string condition = " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ";
  if (table) {
    return cat(condition, "c.oid = to_regclass(", connection.literal(quoted_table(*table)), ")");
  }
  condition += "NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT') AND ";
  if (schema) return cat(condition, "n.nspname = ", connection.literal(*schema));
  return cat(condition, "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'");
}

}  // namespace

std::vector<CatalogTable> look_at_schema(const ConnectionConfig& config,
                                         const std::optional<std::string>& table,
                                         const std::optional<std::string>& schema,
                                         Cancellation& cancellation) {
  Connection connection(config, cancellation);
  connection.begin_reading(std::nullopt);
  const std::string condition = condition_of(connection, table, schema);
  const auto select = [&](std::string_view what, std::string_view joins, std::string_view rest) {
    return connection.rows(cat("SELECT ", kName, ", ", what, kTables, joins, condition, rest));
  };
  CatalogLists lists(
      select("CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END, "
             "CASE WHEN c.relkind = 'v' THEN NULL ELSE c.reltuples::bigint END",
             "", " ORDER BY 1"));
  lists.add_columns(
      select("a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
             "CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END",
             " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
             "a.attisdropped",
             " ORDER BY 1, a.attnum"));
  lists.add_keys(
      select("i.indexrelid, a.attname",
             " JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid "
             "AND i.indpred IS NULL AND i.indexprs IS NULL "
             "CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS place "
             "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = "
             "i.indkey[place]",
             " ORDER BY 1, i.indisprimary DESC, i.indexrelid, place"));
  return std::move(lists).tables();
}

std::vector<CatalogTable> look_at_catalog(const ConnectionConfig& config,
                                          const std::optional<std::string>& table,
                                          Cancellation& cancellation) {
  return look_at_schema(config, table, std::nullopt, cancellation);
}

}  // namespace osiris::postgres
