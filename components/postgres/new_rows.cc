#include "postgres/new_rows.h"

#include "base/text.h"

namespace osiris::postgres {

namespace {

std::string_view trimmed_end(std::string_view text) { return text.substr(0, text.find_last_not_of(' ') + 1); }

class Dialect : public CursorDialect {
 public:
  Dialect(const Connection& connection, std::uint32_t cursor_type)
      : connection_(connection), type_(find_server_type(cursor_type)) {}

  /// The server itself refuses what is no value of the type.
  std::string literal(const ColumnType& cursor, const std::string& text) const override {
    if (cursor.type.id == TypeId::kText || type_ == nullptr) {
      // Cast to text, a character(n) loses the blanks that fill it.
      return connection_.literal(type_ != nullptr && type_->name == "character" ? trimmed_end(text) : text);
    }
    return cat(connection_.literal(text), "::", type_->name);
  }

  std::string earlier(const std::string& literal, std::chrono::milliseconds time) const override {
    return cat("(", literal, " - interval '", time.count(), " milliseconds')");
  }

 private:
  const Connection& connection_;
  const ServerType* type_;
};

/// A collation may take different texts for equal, or sort them unlike their bytes.
std::string sortable(const ColumnType& cursor) {
  const std::string name = quoted_name(cursor.name);
  return cursor.type.id == TypeId::kText ? cat(name, "::text COLLATE \"C\"") : name;
}

}  // namespace

std::string new_rows_statement(const std::string& from, const std::vector<ColumnPlan>& columns,
                               const IncrementalOptions& options, const Window& window,
                               const Connection& connection) {
  const Schema schema = schema_of(columns);
  const ColumnType& cursor = cursor_column(options, schema);
  const auto index = static_cast<std::size_t>(&cursor - schema.data());
  return incremental_statement({"*", from, sortable(cursor), quoted_name(options.key)}, options, window,
                               cursor, Dialect(connection, columns[index].wire_number));
}

}  // namespace osiris::postgres
