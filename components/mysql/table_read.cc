#include "mysql/table_read.h"

#include <algorithm>

#include "base/text.h"

namespace osiris::mysql {

namespace {

/// The condition that finds a table in information_schema.
/// FLOAT without fixed decimals: "float", "float unsigned".
bool is_plain_float(const std::string& declared) {
  return declared.starts_with("float") && declared.find('(') == std::string::npos;
}

std::string selected(const TableRead::Column& column) {
  const std::string name = quoted_name(column.name);
  return column.is_widened_float ? cat("CAST(", name, " AS DOUBLE) AS ", name) : name;
}

/// The columns that are wanted. One that the table does not have stays: the server says so.
std::vector<TableRead::Column> chosen(const std::vector<TableRead::Column>& columns,
                                      const std::vector<std::string>& wanted) {
  std::vector<TableRead::Column> list;
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find_if(
        columns, [&](const TableRead::Column& column) { return to_lower(column.name) == to_lower(name); });
    list.push_back(found == columns.end() ? TableRead::Column{name, ""} : *found);
  }
  return list;
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted += '`';
}

std::string TableName::quoted() const {
  return database.empty() ? quoted_name(table) : cat(quoted_name(database), ".", quoted_name(table));
}

std::string is_table(const Connection& connection, const TableName& name) {
  const std::string database = name.database.empty() ? "DATABASE()" : connection.literal(name.database);
  return cat("TABLE_SCHEMA = ", database, " AND TABLE_NAME = ", connection.literal(name.table));
}

TableName parse_table_name(std::string_view text) {
  const std::size_t dot = text.find('.');
  TableName name;
  if (dot != std::string_view::npos) name.database = text.substr(0, dot);
  name.table = text.substr(dot == std::string_view::npos ? 0 : dot + 1);
  if (name.table.empty() || dot == 0) {
    throw Error(ErrorKind::kUser, "query.invalid_table", cat("not a table's name: '", text, "'"),
                "write table or database.table, without quotes");
  }
  return name;
}

TableRead plan_table_read(Connection& connection, const TableName& name,
                          const std::vector<std::string>& wanted) {
  TableRead read;
  const std::string is_it = is_table(connection, name);
  for (const auto& row : connection.rows(cat(
           "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, (SELECT TABLE_ROWS FROM information_schema.TABLES"
           " WHERE ",
           is_it, ") FROM information_schema.COLUMNS WHERE ", is_it,
           " AND EXTRA NOT LIKE '%INVISIBLE%' ORDER BY ORDINAL_POSITION"))) {
    const std::string declared = row[1].value_or("");
    read.columns.push_back({row[0].value_or(""), declared, is_plain_float(declared), row[2] == "YES"});
    if (const auto rows = parse_integer(row[3].value_or("")))
      read.estimated_rows = static_cast<std::uint64_t>(*rows);
  }
  if (!wanted.empty()) read.columns = chosen(read.columns, wanted);
  std::vector<std::string> list;
  for (const TableRead::Column& column : read.columns) list.push_back(selected(column));
  read.select = list.empty() ? "*" : join(list, ", ");
  read.from = name.quoted();
  return read;
}

void add_declarations(std::vector<SourceColumn>& columns, const TableRead& read) {
  if (columns.size() != read.columns.size()) return;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const TableRead::Column& declared = read.columns[index];
    columns[index].declared = declared.declared;
    columns[index].is_widened_float = declared.is_widened_float;
    if (!declared.is_nullable) columns[index].flags |= NOT_NULL_FLAG;
  }
}

}  // namespace osiris::mysql
