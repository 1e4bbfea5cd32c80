#include "mysql/new_rows.h"

#include <algorithm>

#include "base/text.h"
#include "mysql/table_read.h"

namespace osiris::mysql {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e';
  });
}

bool is_day(std::string_view text) { return text.size() == std::string_view("2026-01-31").size(); }

class Dialect : public CursorDialect {
 public:
  explicit Dialect(const Connection& connection) : connection_(connection) {}

  std::string literal(const ColumnType& cursor, const std::string& text) const override {
    switch (cursor.type.id) {
      case TypeId::kText:
      case TypeId::kUuid:
        return connection_.literal(text);
      case TypeId::kDate:
        return cat("DATE", connection_.literal(text));
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return cat("TIMESTAMP", connection_.literal(is_day(text) ? cat(text, " 00:00:00") : text));
      default:
        if (is_number(text)) return text;
    }
    // Compared with a number, the server would take a text for the digits that it begins with.
    throw Error(ErrorKind::kUser, "incremental.bound",
                cat("the cursor '", cursor.name, "' is a ", to_string(cursor.type), ", not '", text, "'"),
                "give a number");
  }

  std::string earlier(const std::string& literal, std::chrono::milliseconds time) const override {
    return cat("(", literal, " - INTERVAL ", time.count(), "000 MICROSECOND)");
  }

 private:
  const Connection& connection_;
};

/// A collation may take different texts for equal.
std::string sortable(const ColumnType& cursor) {
  const std::string name = quoted_name(cursor.name);
  return cursor.type.id == TypeId::kText ? cat("CAST(CONVERT(", name, " USING utf8mb4) AS BINARY)") : name;
}

}  // namespace

std::string new_rows_statement(const std::string& select, const std::string& from, const Schema& columns,
                               const IncrementalOptions& options, const Window& window,
                               const Connection& connection) {
  const ColumnType& cursor = cursor_column(options, columns);
  return incremental_statement({select, from, sortable(cursor), quoted_name(options.key)}, options, window,
                               cursor, Dialect(connection));
}

}  // namespace osiris::mysql
