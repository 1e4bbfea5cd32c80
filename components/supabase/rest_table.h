#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supabase/rest_client.h"
#include "table/type.h"

namespace osiris::supabase {

/// A table as the project's OpenAPI description has it.
struct RestTable {
  struct Column {
    ColumnType type;           ///< in text encoding
    std::string declared;      ///< "numeric", "character varying"
    bool is_key = false;       ///< of the primary key
    bool is_required = false;  ///< NOT NULL without a default
    bool is_json() const { return declared == "json" || declared == "jsonb"; }
  };
  std::string name;
  std::vector<Column> columns;

  const Column* find(std::string_view column) const;
  std::vector<std::string> key() const;
  std::vector<std::string> column_names() const;
};

/// Errors: kUser "query.unknown_table"; those of RestClient::send().
RestTable describe_table(RestClient& client, const std::string& name);

}  // namespace osiris::supabase
