// Private to src/engine.
#pragma once

#include <string>

#include "engine/api.h"
#include "table/type.h"

namespace osiris {

/// Whether the engine gets the column's text: strings, and decimals over 38 digits, which it cannot hold.
bool is_carried_as_text(const LogicalType& type);

/// The engine's type of an input column.
Type engine_type(const LogicalType& type);

/// What a column of a result becomes.
struct ResultColumn {
  ColumnType column;
  const char* cast = nullptr;  ///< to what the query must cast it first; null: it comes as it is
};

/// Errors: kUser "engine.unsupported_type" for nested types.
ResultColumn result_column(std::string name, duckdb_logical_type type);

}  // namespace osiris
