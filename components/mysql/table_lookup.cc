#include "mysql/table_lookup.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "mysql/target_column.h"

namespace osiris::mysql {

namespace {

std::string cell(const Row& row, std::size_t column) { return row[column].value_or(""); }

/// "TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders'", for a view of information_schema.
/// The name with the connection's database, where it has none.
TableName full_name(Connection& connection, TableName name) {
  if (!name.database.empty()) return name;
  name.database = cell(connection.rows("SELECT DATABASE()")[0], 0);
  if (!name.database.empty()) return name;
  throw Error(ErrorKind::kUser, "query.no_database",
              cat("no database is chosen for table '", name.table, "'"),
              "write database.table, or set the connection's database");
}

/// MariaDB's JSON is a LONGTEXT with a check.
std::set<std::string> json_columns(Connection& connection, const TableName& name) {
  std::set<std::string> columns;
  if (!connection.is_mariadb()) return columns;
  for (const Row& row : connection.rows(
           cat("SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE ",
               "CONSTRAINT_SCHEMA = ", connection.literal(name.database),
               " AND TABLE_NAME = ", connection.literal(name.table)))) {
    const std::string column = cell(row, 0);
    if (cell(row, 1) == cat("json_valid(", quoted_name(column), ")")) columns.insert(column);
  }
  return columns;
}

bool is_generated(const std::string& extra) {
  return extra.find("VIRTUAL") != std::string::npos || extra.find("STORED") != std::string::npos ||
         extra.find("PERSISTENT") != std::string::npos;
}

TargetColumn column_of(const Row& row, const std::set<std::string>& json_columns) {
  const std::string name = cell(row, 0);
  const std::string charset = cell(row, 2);
  TargetColumn column = parse_column(name, json_columns.contains(name) ? "json" : cell(row, 1));
  if (column.type.id == TypeId::kText && !charset.empty() && charset != "utf8mb4") {
    column.type_modifier = kOtherCharset;
  }
  const std::string extra = cell(row, 5);
  column.is_nullable = cell(row, 3) == "YES";
  column.has_default = row[4].has_value() || extra.find("auto_increment") != std::string::npos;
  column.is_generated = is_generated(extra);
  return column;
}

std::vector<TargetColumn> columns_of(Connection& connection, const TableName& name) {
  const std::set<std::string> json = json_columns(connection, name);
  std::vector<TargetColumn> columns;
  for (const Row& row : connection.rows(
           cat("SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, COLUMN_DEFAULT, "
               "EXTRA FROM information_schema.COLUMNS WHERE ",
               is_table(connection, name), " ORDER BY ORDINAL_POSITION"))) {
    columns.push_back(column_of(row, json));
  }
  return columns;
}

/// Keys over whole columns; the beginning of a text, or an expression, tells no row apart.
std::vector<std::vector<std::string>> unique_keys_of(Connection& connection, const TableName& name) {
  struct Key {
    std::vector<std::string> columns;
    bool is_whole = true;
  };
  std::map<std::string, Key> keys;
  for (const Row& row :
       connection.rows(cat("SELECT IF(INDEX_NAME = 'PRIMARY', '', INDEX_NAME), COLUMN_NAME, SUB_PART FROM "
                           "information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND ",
                           is_table(connection, name), " ORDER BY INDEX_NAME, SEQ_IN_INDEX"))) {
    Key& key = keys[cell(row, 0)];
    key.columns.push_back(cell(row, 1));
    key.is_whole = key.is_whole && row[1] && !row[2];
  }
  std::vector<std::vector<std::string>> whole;
  for (auto& [index, key] : keys) {
    if (key.is_whole) whole.push_back(std::move(key.columns));
  }
  return whole;
}

std::vector<std::string> cascades_of(Connection& connection, const TableName& name) {
  std::vector<std::string> cascades;
  for (const Row& row : connection.rows(cat(
           "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, DELETE_RULE FROM "
           "information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ",
           connection.literal(name.database), " AND REFERENCED_TABLE_NAME = ", connection.literal(name.table),
           " AND DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') ORDER BY 1, 2"))) {
    cascades.push_back(cat(cell(row, 0), ".", cell(row, 1), " (ON DELETE ", cell(row, 2), ")"));
  }
  return cascades;
}

std::string transaction_obstacle(Connection& connection, const std::string& engine) {
  const auto rows = connection.rows(
      cat("SELECT TRANSACTIONS FROM information_schema.ENGINES WHERE ENGINE = ", connection.literal(engine)));
  if (!rows.empty() && cell(rows[0], 0) == "YES") return {};
  return cat("its engine ", engine, " has no transactions");
}

}  // namespace

TargetTable named_table(Connection& connection, const TableName& name) {
  const TableName full = full_name(connection, name);
  TargetTable table;
  table.name = cat(full.database, ".", full.table);
  table.quoted = full.quoted();
  table.ledger = TableName{full.database, "_osiris_loads"}.quoted();
  table.marks = TableName{full.database, "_osiris_state"}.quoted();
  table.is_case_sensitive = false;
  return table;
}

std::optional<TargetTable> find_table(Connection& connection, const TableName& name) {
  const TableName full = full_name(connection, name);
  const auto found =
      connection.rows(cat("SELECT TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES WHERE ",
                          is_table(connection, full)));
  if (found.empty()) return std::nullopt;
  const std::string kind = cell(found[0], 0);
  if (kind != "BASE TABLE" && kind != "SYSTEM VERSIONED") {
    throw Error(ErrorKind::kUser, "load.not_a_table",
                cat("a load needs a table, and this is a ", to_lower(kind), ": '", full.database, ".",
                    full.table, "'"),
                "name the table that the rows belong into");
  }
  TargetTable table = named_table(connection, full);
  table.columns = columns_of(connection, full);
  table.unique_keys = unique_keys_of(connection, full);
  table.cascades = cascades_of(connection, full);
  table.transaction_obstacle = transaction_obstacle(connection, cell(found[0], 1));
  if (const auto rows = parse_integer(cell(found[0], 2))) {
    table.estimated_rows = static_cast<std::uint64_t>(*rows);
  }
  return table;
}

}  // namespace osiris::mysql
