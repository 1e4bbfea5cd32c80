#include "engine/api.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"

namespace osiris {

namespace {

constexpr const char* kFileName = "libduckdb.so";
constexpr std::string_view kReleaseLine = "v1.5.";
constexpr const char* kHint = "run `make build`, or name a libduckdb.so of DuckDB 1.5 in OSIRIS_DUCKDB";

/// The library's place in the process. It is never unloaded: its threads and its thread-local data may
/// outlive whoever used it last.
struct Library {
  void* handle = nullptr;
  std::string path;
};

std::vector<std::filesystem::path> places_beside_the_program() {
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  if (folder.empty()) return {};
  return {folder / "engine" / kFileName, folder / "lib" / kFileName,
          folder.parent_path() / "lib" / kFileName};
}

std::optional<Library> open_file(const std::string& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::nullopt;
  return Library{handle, path};
}

Library open_library() {
  if (const char* const named = std::getenv("OSIRIS_DUCKDB"); named != nullptr && *named != '\0') {
    if (auto library = open_file(named)) return *library;
    throw Error(ErrorKind::kUser, "engine.missing", cat("OSIRIS_DUCKDB cannot be opened: ", dlerror()),
                kHint);
  }
  for (const auto& path : places_beside_the_program()) {
    if (!std::filesystem::exists(path)) continue;
    if (auto library = open_file(path)) return *library;
    throw Error(ErrorKind::kUser, "engine.missing", cat("the SQL engine cannot be opened: ", dlerror()),
                kHint);
  }
  if (auto library = open_file(kFileName)) return *library;
  throw Error(ErrorKind::kUser, "engine.missing", cat("the SQL engine is not there: '", kFileName, "'"),
              kHint);
}

}  // namespace

std::optional<std::filesystem::path> engine_file() {
  if (const char* const named = std::getenv("OSIRIS_DUCKDB"); named != nullptr && *named != '\0')
    return named;
  for (const auto& path : places_beside_the_program()) {
    if (std::filesystem::exists(path)) return path;
  }
  return std::nullopt;
}

namespace {

/// Looks up functions by name, and remembers nothing else.
class Symbols {
 public:
  explicit Symbols(const Library& library) : library_(library) {}

  template <typename Function>
  void find(Function& target, const char* name) const {
    target = reinterpret_cast<Function>(dlsym(library_.handle, name));
    if (target != nullptr) return;
    throw Error(ErrorKind::kUser, "engine.version",
                cat("the SQL engine ", library_.path, " lacks a function: '", name, "'"), kHint);
  }

 private:
  const Library& library_;
};

void find_lifecycle(const Symbols& symbols, Api& api) {
  symbols.find(api.free, "duckdb_free");
  symbols.find(api.create_config, "duckdb_create_config");
  symbols.find(api.set_config, "duckdb_set_config");
  symbols.find(api.destroy_config, "duckdb_destroy_config");
  symbols.find(api.open_ext, "duckdb_open_ext");
  symbols.find(api.create_instance_cache, "duckdb_create_instance_cache");
  symbols.find(api.get_or_create_from_cache, "duckdb_get_or_create_from_cache");
  symbols.find(api.destroy_instance_cache, "duckdb_destroy_instance_cache");
  symbols.find(api.close, "duckdb_close");
  symbols.find(api.connect, "duckdb_connect");
  symbols.find(api.disconnect, "duckdb_disconnect");
  symbols.find(api.interrupt, "duckdb_interrupt");
}

void find_statements(const Symbols& symbols, Api& api) {
  symbols.find(api.query, "duckdb_query");
  symbols.find(api.extract_statements, "duckdb_extract_statements");
  symbols.find(api.extract_statements_error, "duckdb_extract_statements_error");
  symbols.find(api.destroy_extracted, "duckdb_destroy_extracted");
  symbols.find(api.prepare_extracted_statement, "duckdb_prepare_extracted_statement");
  symbols.find(api.prepare_error, "duckdb_prepare_error");
  symbols.find(api.destroy_prepare, "duckdb_destroy_prepare");
  symbols.find(api.nparams, "duckdb_nparams");
  symbols.find(api.prepared_statement_type, "duckdb_prepared_statement_type");
  symbols.find(api.prepared_statement_column_count, "duckdb_prepared_statement_column_count");
  symbols.find(api.prepared_statement_column_name, "duckdb_prepared_statement_column_name");
  symbols.find(api.prepared_statement_column_logical_type, "duckdb_prepared_statement_column_logical_type");
  symbols.find(api.pending_prepared_streaming, "duckdb_pending_prepared_streaming");
  symbols.find(api.pending_error, "duckdb_pending_error");
  symbols.find(api.execute_pending, "duckdb_execute_pending");
  symbols.find(api.destroy_pending, "duckdb_destroy_pending");
  symbols.find(api.rows_changed, "duckdb_rows_changed");
  symbols.find(api.column_count, "duckdb_column_count");
  symbols.find(api.column_name, "duckdb_column_name");
  symbols.find(api.column_logical_type, "duckdb_column_logical_type");
  symbols.find(api.result_error, "duckdb_result_error");
  symbols.find(api.result_error_type, "duckdb_result_error_type");
  symbols.find(api.fetch_chunk, "duckdb_fetch_chunk");
  symbols.find(api.destroy_result, "duckdb_destroy_result");
}

void find_types_and_vectors(const Symbols& symbols, Api& api) {
  symbols.find(api.create_logical_type, "duckdb_create_logical_type");
  symbols.find(api.create_decimal_type, "duckdb_create_decimal_type");
  symbols.find(api.get_type_id, "duckdb_get_type_id");
  symbols.find(api.decimal_width, "duckdb_decimal_width");
  symbols.find(api.decimal_scale, "duckdb_decimal_scale");
  symbols.find(api.logical_type_get_alias, "duckdb_logical_type_get_alias");
  symbols.find(api.destroy_logical_type, "duckdb_destroy_logical_type");
  symbols.find(api.data_chunk_get_size, "duckdb_data_chunk_get_size");
  symbols.find(api.data_chunk_set_size, "duckdb_data_chunk_set_size");
  symbols.find(api.data_chunk_get_vector, "duckdb_data_chunk_get_vector");
  symbols.find(api.destroy_data_chunk, "duckdb_destroy_data_chunk");
  symbols.find(api.vector_get_data, "duckdb_vector_get_data");
  symbols.find(api.vector_get_validity, "duckdb_vector_get_validity");
  symbols.find(api.vector_ensure_validity_writable, "duckdb_vector_ensure_validity_writable");
  symbols.find(api.unsafe_vector_assign_string_element_len, "duckdb_unsafe_vector_assign_string_element_len");
}

void find_table_functions(const Symbols& symbols, Api& api) {
  symbols.find(api.create_table_function, "duckdb_create_table_function");
  symbols.find(api.destroy_table_function, "duckdb_destroy_table_function");
  symbols.find(api.table_function_set_name, "duckdb_table_function_set_name");
  symbols.find(api.table_function_set_extra_info, "duckdb_table_function_set_extra_info");
  symbols.find(api.table_function_set_bind, "duckdb_table_function_set_bind");
  symbols.find(api.table_function_set_init, "duckdb_table_function_set_init");
  symbols.find(api.table_function_set_function, "duckdb_table_function_set_function");
  symbols.find(api.table_function_supports_projection_pushdown,
               "duckdb_table_function_supports_projection_pushdown");
  symbols.find(api.register_table_function, "duckdb_register_table_function");
  symbols.find(api.bind_get_extra_info, "duckdb_bind_get_extra_info");
  symbols.find(api.bind_add_result_column, "duckdb_bind_add_result_column");
  symbols.find(api.bind_set_error, "duckdb_bind_set_error");
  symbols.find(api.init_get_column_count, "duckdb_init_get_column_count");
  symbols.find(api.init_get_column_index, "duckdb_init_get_column_index");
  symbols.find(api.init_set_init_data, "duckdb_init_set_init_data");
  symbols.find(api.init_set_max_threads, "duckdb_init_set_max_threads");
  symbols.find(api.init_set_error, "duckdb_init_set_error");
  symbols.find(api.function_get_extra_info, "duckdb_function_get_extra_info");
  symbols.find(api.function_get_init_data, "duckdb_function_get_init_data");
  symbols.find(api.function_set_error, "duckdb_function_set_error");
}

/// The version first: a library of another line may lack what we look for next.
Api load_api() {
  const Library library = open_library();
  const Symbols symbols(library);
  Api api{};
  symbols.find(api.library_version, "duckdb_library_version");
  const std::string_view version = api.library_version();
  if (!version.starts_with(kReleaseLine)) {
    throw Error(ErrorKind::kUser, "engine.version",
                cat("the SQL engine ", library.path, " is not DuckDB 1.5 but '", version, "'"), kHint);
  }
  find_lifecycle(symbols, api);
  find_statements(symbols, api);
  find_types_and_vectors(symbols, api);
  find_table_functions(symbols, api);
  return api;
}

}  // namespace

const Api& engine_api() {
  static const Api kApi = load_api();
  return kApi;
}

std::string engine_version() { return engine_api().library_version(); }

std::string take_text(char* text) {
  std::string copy = text == nullptr ? "" : text;
  engine_api().free(text);
  return copy;
}

std::string take_text(const char* text) { return take_text(const_cast<char*>(text)); }

}  // namespace osiris
