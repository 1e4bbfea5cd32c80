#pragma once

#include <string>
#include <string_view>

#include "component/component.h"
#include "engine/engine.h"

namespace osiris::duckdb {

/// How the engine opens a database to look at it.
SqlOptions options_of(const ConnectionConfig& config, Cancellation& cancellation);
/// How it opens the one of a step.
SqlOptions file_options(Context& context);

/// `name`, with the quotes in it doubled; and 'text'.
std::string quoted_name(std::string_view name);
std::string literal(std::string_view text);
/// "schema.table" or "table" with their quotes. Errors: kUser "query.invalid_table".
std::string quoted_table(std::string_view text);

/// "DuckDB v1.5.5".
std::string server();

}  // namespace osiris::duckdb
