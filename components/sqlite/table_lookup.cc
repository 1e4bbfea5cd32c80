#include "sqlite/table_lookup.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sqlite/type_verdicts.h"

namespace osiris::sqlite {

namespace {

std::int64_t number(const std::optional<std::string>& cell) {
  return parse_integer(cell.value_or("0")).value_or(0);
}

void check_takes_rows(const std::string& name, const std::string& kind) {
  if (kind == "table") return;
  throw Error(ErrorKind::kUser, "load.not_a_table",
              cat("rows can be loaded into tables only, and this is a ", kind, kind == "view" ? "" : " table",
                  ": '", name, "'"),
              "name the table itself");
}

/// A column that is the row's own number: INTEGER PRIMARY KEY of a table that has such numbers.
bool is_row_number(const TargetColumn& column, std::int64_t key_place, std::size_t key_size, bool has_rowid) {
  return has_rowid && key_place == 1 && key_size == 1 && to_lower(column.declared) == "integer";
}

/// The columns, and those of the primary key in its order.
std::vector<TargetColumn> find_columns(Connection& connection, const std::string& name, bool has_rowid,
                                       std::vector<std::string>& key) {
  constexpr std::int64_t kGeneratedVirtual = 2, kGeneratedStored = 3;
  const auto rows =
      connection.rows(cat("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(",
                          literal(name), ", 'main') ORDER BY cid"));
  std::vector<std::pair<std::int64_t, std::string>> places;
  for (const Row& row : rows) {
    if (number(row[4]) > 0) places.emplace_back(number(row[4]), row[0].value_or(""));
  }
  std::ranges::sort(places);
  for (const auto& [place, column] : places) key.push_back(column);
  std::vector<TargetColumn> columns;
  for (const Row& row : rows) {
    TargetColumn& column = columns.emplace_back(declared_column(row[0].value_or(""), row[1].value_or("")));
    const std::int64_t hidden = number(row[5]);
    column.is_generated = hidden == kGeneratedVirtual || hidden == kGeneratedStored;
    const bool is_number = is_row_number(column, number(row[4]), key.size(), has_rowid);
    // SQLite would make a number of a null there, and takes nulls for the keys of other tables with numbers.
    column.is_nullable = !is_number && number(row[2]) == 0 && (has_rowid || number(row[4]) == 0);
    column.has_default = is_number || row[3].has_value();
  }
  return columns;
}

std::vector<std::vector<std::string>> find_unique_indexes(Connection& connection, const std::string& name) {
  std::vector<std::vector<std::string>> keys;
  for (const Row& index : connection.rows(
           cat("SELECT name FROM pragma_index_list(", literal(name),
               ", 'main') WHERE \"unique\" = 1 AND partial = 0 AND origin <> 'pk' ORDER BY seq"))) {
    std::vector<std::string> key;
    bool has_expression = false;
    for (const Row& column :
         connection.rows(cat("SELECT name FROM pragma_index_info(", literal(index[0].value_or("")),
                             ", 'main') ORDER BY seqno"))) {
      has_expression = has_expression || !column[0];
      key.push_back(column[0].value_or(""));
    }
    if (!has_expression) keys.push_back(std::move(key));
  }
  return keys;
}

/// Other tables' foreign keys that act when a row of this one goes; none where they are not enforced.
std::vector<std::string> find_cascades(Connection& connection, const std::string& name) {
  std::vector<std::string> cascades;
  if (connection.rows("PRAGMA foreign_keys").front().front() != "1") return cascades;
  for (const Row& row :
       connection.rows(cat("SELECT t.name || ' (ON DELETE ' || k.on_delete || ')' FROM sqlite_schema t, "
                           "pragma_foreign_key_list(t.name) k WHERE t.type = 'table' AND k.\"table\" = ",
                           literal(name),
                           " COLLATE NOCASE AND k.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AND "
                           "t.name <> k.\"table\" COLLATE NOCASE ORDER BY 1"))) {
    cascades.push_back(row[0].value_or(""));
  }
  return cascades;
}

}  // namespace

std::optional<TargetTable> find_table(Connection& connection, const std::string& name) {
  const auto rows = connection.rows(
      cat("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ", literal(name),
          " COLLATE NOCASE"));
  if (rows.empty()) return std::nullopt;
  const std::string own_name = rows.front()[0].value_or(name);
  check_takes_rows(own_name, rows.front()[1].value_or(""));
  TargetTable table = unmade_table(own_name);
  std::vector<std::string> key;
  table.columns = find_columns(connection, own_name, number(rows.front()[2]) == 0, key);
  if (!key.empty()) table.unique_keys.push_back(std::move(key));
  for (auto& unique : find_unique_indexes(connection, own_name))
    table.unique_keys.push_back(std::move(unique));
  table.cascades = find_cascades(connection, own_name);
  return table;
}

TargetTable unmade_table(const std::string& name) {
  TargetTable table;
  table.name = name;
  table.quoted = quoted_name(name);
  table.ledger = "\"_osiris_loads\"";
  table.marks = "\"_osiris_state\"";
  table.is_case_sensitive = false;
  return table;
}

std::string collation_of(Connection& connection, const std::string& table, const std::string& column) {
  const char* collation = nullptr;
  const int status = sqlite3_table_column_metadata(connection.handle(), "main", table.c_str(), column.c_str(),
                                                   nullptr, &collation, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) connection.fail(status);
  return collation == nullptr ? "BINARY" : collation;
}

}  // namespace osiris::sqlite
