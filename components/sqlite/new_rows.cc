#include "sqlite/new_rows.h"

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "sqlite/moment_text.h"
#include "table/values.h"

namespace osiris::sqlite {

namespace {

/// Microseconds of a date or a moment; of one with a zone, in UTC.
std::optional<std::int64_t> microseconds(std::string_view text) {
  std::int64_t value = 0;
  if (parse_native(full_moment(std::string(text)), {TypeId::kTimestampTz}, &value) != Parsed::kExact)
    return std::nullopt;
  return value;
}

void moment(sqlite3_context* call, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return sqlite3_result_null(call);
  const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(arguments[0]));
  const std::string_view text(bytes == nullptr ? "" : bytes,
                              static_cast<std::size_t>(sqlite3_value_bytes(arguments[0])));
  const auto value = microseconds(text);
  if (value) return sqlite3_result_int64(call, *value);
  const std::string message = cat("a value of the cursor is no date and no timestamp: '", text, "'");
  sqlite3_result_error(call, message.data(), static_cast<int>(message.size()));
}

bool is_moment(const LogicalType& type) {
  return type.id == TypeId::kDate || type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz;
}

bool is_plain_number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

class Dialect : public CursorDialect {
 public:
  std::string literal(const ColumnType& cursor, const std::string& text) const override {
    switch (cursor.type.id) {
      case TypeId::kText:
        return sqlite::literal(text);
      case TypeId::kUuid:
        return sqlite::literal(to_lower(text));
      case TypeId::kDate:
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        if (const auto value = microseconds(text)) return std::to_string(*value);
        break;
      default:
        if (is_plain_number(text)) return text;
    }
    throw Error(ErrorKind::kUser, "incremental.bound",
                cat("the cursor '", cursor.name, "' is a ", to_string(cursor.type), ", not '", text, "'"),
                "give a value as the column has");
  }

  std::string earlier(const std::string& literal, std::chrono::milliseconds time) const override {
    constexpr std::int64_t kMicrosPerMilli = 1000;
    return cat("(", literal, " - ", time.count() * kMicrosPerMilli, ")");
  }
};

/// A collation may take different texts for equal, and times may be written in several forms.
std::string sortable(const ColumnType& cursor) {
  const std::string name = quoted_name(cursor.name);
  if (is_moment(cursor.type)) return cat("osiris_moment(", name, ")");
  if (cursor.type.id == TypeId::kUuid) return cat("lower(", name, ")");
  return cursor.type.id == TypeId::kText ? cat(name, " COLLATE BINARY") : name;
}

}  // namespace

void add_moment_function(Connection& connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  const int status = sqlite3_create_function_v2(connection.handle(), "osiris_moment", 1, kFlags, nullptr,
                                                moment, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) connection.fail(status);
}

std::string new_rows_statement(const std::string& select, const std::string& from, const Schema& columns,
                               const IncrementalOptions& options, const Window& window) {
  const ColumnType& cursor = cursor_column(options, columns);
  // As texts, numbers sort by their first digit.
  if (cursor.source_type.starts_with("sqlite DECIMAL_TEXT") || cursor.encoding == Encoding::kText) {
    throw Error(ErrorKind::kUser, "incremental.cursor_type",
                cat("the cursor '", cursor.name, "' keeps its numbers as text, which sorts otherwise"),
                "take a time of change or a serial number");
  }
  return incremental_statement({select, from, sortable(cursor), quoted_name(options.key)}, options, window,
                               cursor, Dialect());
}

}  // namespace osiris::sqlite
