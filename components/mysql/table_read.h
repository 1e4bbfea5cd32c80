#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/column.h"
#include "mysql/connection.h"

namespace osiris::mysql {

/// `name`, with the backticks in it doubled.
std::string quoted_name(std::string_view name);

struct TableName {
  std::string database;  ///< empty: the connection's
  std::string table;

  /// `database`.`table`, as far as given.
  std::string quoted() const;
};

/// The condition that picks the table out of a view of the information schema.
std::string is_table(const Connection& connection, const TableName& name);

/// Splits "database.table" or "table". Errors: kUser "query.invalid_table".
TableName parse_table_name(std::string_view text);

/// How a table is read: what is asked, and what its columns are declared as.
struct TableRead {
  struct Column {
    std::string name, declared;
    bool is_widened_float = false;
    bool is_nullable = true;
  };
  std::string select, from;                     ///< what stands after SELECT and FROM
  std::vector<Column> columns;                  ///< empty where the server does not tell
  std::optional<std::uint64_t> estimated_rows;  ///< the server's own estimate; none for a view
};

/// `wanted` are the columns to read, in their order; none: all.
TableRead plan_table_read(Connection& connection, const TableName& name,
                          const std::vector<std::string>& wanted);
/// Adds what the table says to what the result says.
void add_declarations(std::vector<SourceColumn>& columns, const TableRead& read);

}  // namespace osiris::mysql
