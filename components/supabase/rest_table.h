#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "load/target_table.h"
#include "supabase/rest_client.h"
#include "table/type.h"

namespace osiris::supabase {

/// A table as the project's description has it. The scale of a numeric and the precision of a time are not
/// told.
struct RestTable {
  struct Column {
    ColumnType type;  ///< as it is read: the text of the database
    TargetColumn target;
    bool is_key = false;  ///< of the primary key
  };
  std::string name;
  std::vector<Column> columns;

  /// Errors: kUser "query.unknown_column".
  const Column& column(std::string_view column) const;
  std::vector<std::string> key() const;
  std::vector<std::string> column_names() const;
};

/// What the REST interface shows to a key: tables, views, functions.
class RestDescription {
 public:
  /// Asks for it, which only a secret key may. Errors: those of RestClient::send().
  explicit RestDescription(RestClient& client);

  std::optional<RestTable> find_table(const std::string& name) const;
  std::vector<std::string> table_names() const;
  /// Errors: kUser "query.unknown_table".
  RestTable table(const std::string& name) const;
  /// Whether `osiris supabase install` was here.
  bool has_load_function() const;

 private:
  Json document_;
};

}  // namespace osiris::supabase
