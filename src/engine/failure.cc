#include "engine/failure.h"

#include "base/text.h"

namespace osiris {

namespace {

Error not_allowed(std::string_view text) {
  return {ErrorKind::kUser, "sql.not_allowed", cat("the query reaches outside: ", text),
          "read files and servers with an extractor step, or let the project allow external access"};
}

Error invalid(std::string_view text) {
  return {ErrorKind::kUser, "sql.invalid", cat("the query is not valid: ", text),
          "inputs are tables named by their step, df_<step>, and input_df when there is only one"};
}

}  // namespace

void Failure::keep(std::exception_ptr thrown) {
  const std::lock_guard lock(mutex_);
  if (!first_) first_ = std::move(thrown);
}

void Failure::rethrow() {
  const std::lock_guard lock(mutex_);
  if (first_) std::rethrow_exception(first_);
}

Error engine_error(duckdb_error_type type, std::string_view text) {
  switch (type) {
    case DUCKDB_ERROR_PARSER:
    case DUCKDB_ERROR_SYNTAX:
    case DUCKDB_ERROR_CATALOG:
    case DUCKDB_ERROR_BINDER:
    case DUCKDB_ERROR_PLANNER:
    case DUCKDB_ERROR_EXPRESSION:
    case DUCKDB_ERROR_NOT_IMPLEMENTED:
    case DUCKDB_ERROR_PARAMETER_NOT_RESOLVED:
    case DUCKDB_ERROR_PARAMETER_NOT_ALLOWED:
    case DUCKDB_ERROR_MISSING_EXTENSION:
    case DUCKDB_ERROR_AUTOLOAD:
      return invalid(text);
    case DUCKDB_ERROR_PERMISSION:
      return not_allowed(text);
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_UNKNOWN_TYPE:
    case DUCKDB_ERROR_DECIMAL:
    case DUCKDB_ERROR_MISMATCH_TYPE:
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
    case DUCKDB_ERROR_OBJECT_SIZE:
    case DUCKDB_ERROR_INVALID_TYPE:
    case DUCKDB_ERROR_CONSTRAINT:
    case DUCKDB_ERROR_INVALID_INPUT:
      return {ErrorKind::kData, "sql.value", cat("a value does not fit the query: ", text),
              "try_cast() gives NULL where a cast fails"};
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return {ErrorKind::kData, "sql.out_of_memory", cat("the query needs more memory: ", text),
              "raise memory_limit of the step, or reduce the rows before they are joined or sorted"};
    case DUCKDB_ERROR_IO:
      return {ErrorKind::kData, "sql.io", cat("the query's data cannot be spilled or read: ", text),
              "look at the free space of the temporary folder"};
    case DUCKDB_ERROR_NETWORK:
    case DUCKDB_ERROR_HTTP:
    case DUCKDB_ERROR_CONNECTION:
      return {ErrorKind::kConnection, "sql.network", cat("the query cannot reach a server: ", text)};
    case DUCKDB_ERROR_INTERRUPT:
      return {ErrorKind::kUser, "run.cancelled", "the run was cancelled"};
    default:
      return {ErrorKind::kInternal, "sql.internal", cat("the SQL engine failed: ", text),
              "this is a bug; please report it with the query"};
  }
}

Error rejection(std::string_view type, std::string_view text) {
  return type == "permission" ? not_allowed(text) : invalid(text);
}

}  // namespace osiris
