#include "duckdb/new_rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/connection.h"

namespace osiris::duckdb {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e';
  });
}

class Dialect : public CursorDialect {
 public:
  std::string literal(const ColumnType& cursor, const std::string& text) const override {
    switch (cursor.type.id) {
      case TypeId::kText:
        return cat("encode(", duckdb::literal(text), ")");
      case TypeId::kUuid:
      case TypeId::kDate:
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        // The engine itself refuses what is no value of the type.
        return cat("CAST(", duckdb::literal(text), " AS ", to_string(cursor.type), ")");
      default:
        if (is_number(text)) return text;
    }
    throw Error(ErrorKind::kUser, "incremental.bound",
                cat("the cursor '", cursor.name, "' is a ", to_string(cursor.type), ", not '", text, "'"),
                "give a number");
  }

  std::string earlier(const std::string& literal, std::chrono::milliseconds time) const override {
    return cat("(", literal, " - INTERVAL '", time.count(), " milliseconds')");
  }
};

/// A collation may take different texts for equal.
std::string sortable(const ColumnType& cursor) {
  const std::string name = quoted_name(cursor.name);
  return cursor.type.id == TypeId::kText ? cat("encode(", name, ")") : name;
}

}  // namespace

std::string new_rows_statement(const std::string& statement, const Schema& columns,
                               const IncrementalOptions& options, const Window& window) {
  const ColumnType& cursor = cursor_column(options, columns);
  return incremental_statement({"*", rows_of_query(statement), sortable(cursor), quoted_name(options.key)},
                               options, window, cursor, Dialect());
}

}  // namespace osiris::duckdb
