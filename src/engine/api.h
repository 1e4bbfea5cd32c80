// Private to src/engine: the only place that knows DuckDB's C API.
#pragma once

#include <duckdb.h>

#include <string>
#include <utility>

namespace osiris {

/// The functions of DuckDB's C API that we call, looked up in a library that is opened on first use.
/// Each is documented in duckdb.h under its name with "duckdb_" before.
struct Api {
  decltype(&duckdb_library_version) library_version;
  decltype(&duckdb_free) free;

  decltype(&duckdb_create_config) create_config;
  decltype(&duckdb_set_config) set_config;
  decltype(&duckdb_destroy_config) destroy_config;
  decltype(&duckdb_open_ext) open_ext;
  decltype(&duckdb_create_instance_cache) create_instance_cache;
  decltype(&duckdb_get_or_create_from_cache) get_or_create_from_cache;
  decltype(&duckdb_destroy_instance_cache) destroy_instance_cache;
  decltype(&duckdb_close) close;
  decltype(&duckdb_connect) connect;
  decltype(&duckdb_disconnect) disconnect;
  decltype(&duckdb_interrupt) interrupt;

  decltype(&duckdb_query) query;
  decltype(&duckdb_extract_statements) extract_statements;
  decltype(&duckdb_extract_statements_error) extract_statements_error;
  decltype(&duckdb_destroy_extracted) destroy_extracted;
  decltype(&duckdb_prepare_extracted_statement) prepare_extracted_statement;
  decltype(&duckdb_prepare_error) prepare_error;
  decltype(&duckdb_destroy_prepare) destroy_prepare;
  decltype(&duckdb_nparams) nparams;
  decltype(&duckdb_prepared_statement_type) prepared_statement_type;
  decltype(&duckdb_prepared_statement_column_count) prepared_statement_column_count;
  decltype(&duckdb_prepared_statement_column_name) prepared_statement_column_name;
  decltype(&duckdb_prepared_statement_column_logical_type) prepared_statement_column_logical_type;
  decltype(&duckdb_pending_prepared_streaming) pending_prepared_streaming;
  decltype(&duckdb_pending_error) pending_error;
  decltype(&duckdb_execute_pending) execute_pending;
  decltype(&duckdb_destroy_pending) destroy_pending;
  decltype(&duckdb_rows_changed) rows_changed;
  decltype(&duckdb_column_count) column_count;
  decltype(&duckdb_column_name) column_name;
  decltype(&duckdb_column_logical_type) column_logical_type;
  decltype(&duckdb_result_error) result_error;
  decltype(&duckdb_result_error_type) result_error_type;
  decltype(&duckdb_fetch_chunk) fetch_chunk;
  decltype(&duckdb_destroy_result) destroy_result;

  decltype(&duckdb_create_logical_type) create_logical_type;
  decltype(&duckdb_create_decimal_type) create_decimal_type;
  decltype(&duckdb_get_type_id) get_type_id;
  decltype(&duckdb_decimal_width) decimal_width;
  decltype(&duckdb_decimal_scale) decimal_scale;
  decltype(&duckdb_logical_type_get_alias) logical_type_get_alias;
  decltype(&duckdb_destroy_logical_type) destroy_logical_type;

  decltype(&duckdb_data_chunk_get_size) data_chunk_get_size;
  decltype(&duckdb_data_chunk_set_size) data_chunk_set_size;
  decltype(&duckdb_data_chunk_get_vector) data_chunk_get_vector;
  decltype(&duckdb_destroy_data_chunk) destroy_data_chunk;
  decltype(&duckdb_vector_get_data) vector_get_data;
  decltype(&duckdb_vector_get_validity) vector_get_validity;
  decltype(&duckdb_vector_ensure_validity_writable) vector_ensure_validity_writable;
  /// Newer than the header. Requires: valid UTF-8, unless the vector holds bytes.
  decltype(&duckdb_vector_assign_string_element_len) unsafe_vector_assign_string_element_len;

  decltype(&duckdb_create_table_function) create_table_function;
  decltype(&duckdb_destroy_table_function) destroy_table_function;
  decltype(&duckdb_table_function_set_name) table_function_set_name;
  decltype(&duckdb_table_function_set_extra_info) table_function_set_extra_info;
  decltype(&duckdb_table_function_set_bind) table_function_set_bind;
  decltype(&duckdb_table_function_set_init) table_function_set_init;
  decltype(&duckdb_table_function_set_function) table_function_set_function;
  decltype(&duckdb_table_function_supports_projection_pushdown) table_function_supports_projection_pushdown;
  decltype(&duckdb_register_table_function) register_table_function;
  decltype(&duckdb_bind_get_extra_info) bind_get_extra_info;
  decltype(&duckdb_bind_add_result_column) bind_add_result_column;
  decltype(&duckdb_bind_set_error) bind_set_error;
  decltype(&duckdb_init_get_column_count) init_get_column_count;
  decltype(&duckdb_init_get_column_index) init_get_column_index;
  decltype(&duckdb_init_set_init_data) init_set_init_data;
  decltype(&duckdb_init_set_max_threads) init_set_max_threads;
  decltype(&duckdb_init_set_error) init_set_error;
  decltype(&duckdb_function_get_extra_info) function_get_extra_info;
  decltype(&duckdb_function_get_init_data) function_get_init_data;
  decltype(&duckdb_function_set_error) function_set_error;
};

/// Opens the library when it is first asked for.
///
/// Looks in OSIRIS_DUCKDB (a file), then beside the program in engine/, lib/ and ../lib/, then where the
/// system looks. Errors: kUser "engine.missing"; kUser "engine.version" for another release line than 1.5.
const Api& engine_api();

inline bool is_empty(const void* handle) { return handle == nullptr; }
inline bool is_empty(const duckdb_result& result) { return result.internal_data == nullptr; }

/// Owns a handle of the C API; `destroy` is the member of Api that ends it.
template <typename T, auto destroy>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T value) : value_(value) {}
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  /// An empty handle leaves the library alone, which may not be there at all.
  ~Handle() {
    if (!is_empty(value_)) (engine_api().*destroy)(&value_);
  }

  T get() const { return value_; }
  /// Where a function of the C API puts the handle that it makes.
  T* out() { return &value_; }

 private:
  T value_{};
};

using Settings = Handle<duckdb_config, &Api::destroy_config>;
using InstanceCache = Handle<duckdb_instance_cache, &Api::destroy_instance_cache>;
using Database = Handle<duckdb_database, &Api::close>;
using Connection = Handle<duckdb_connection, &Api::disconnect>;
using Statements = Handle<duckdb_extracted_statements, &Api::destroy_extracted>;
using Prepared = Handle<duckdb_prepared_statement, &Api::destroy_prepare>;
using Pending = Handle<duckdb_pending_result, &Api::destroy_pending>;
using Result = Handle<duckdb_result, &Api::destroy_result>;
using Chunk = Handle<duckdb_data_chunk, &Api::destroy_data_chunk>;
using Type = Handle<duckdb_logical_type, &Api::destroy_logical_type>;
using TableFunction = Handle<duckdb_table_function, &Api::destroy_table_function>;

/// Takes over a text that the C API allocated; empty for null.
std::string take_text(char* text);
std::string take_text(const char* text);

}  // namespace osiris
