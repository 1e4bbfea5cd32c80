#include "engine/input_scan.h"

#include <cstring>
#include <set>

#include "base/text.h"
#include "engine/types.h"
#include "table/values.h"

namespace osiris {

namespace {

/// The columns that one scan reads, in the order of the engine's chunk.
using Projection = std::vector<idx_t>;

std::size_t validity_words(std::size_t row_count) { return (row_count + 63) / 64; }

void copy_validity(const ColumnView& source, std::size_t row_count, duckdb_vector target) {
  if (source.validity == nullptr) return;
  const Api& api = engine_api();
  api.vector_ensure_validity_writable(target);
  std::memcpy(api.vector_get_validity(target), source.validity,
              validity_words(row_count) * sizeof(std::uint64_t));
}

void require_utf8(std::string_view text, const ColumnType& type) {
  const std::size_t offset = find_invalid_utf8(text);
  if (offset == std::string_view::npos) return;
  throw Error(ErrorKind::kData, "sql.invalid_utf8",
              cat("column '", type.name, "' holds text that is not UTF-8; its first bad bytes: '",
                  to_hex(text.substr(offset, 4)), "'"),
              "read the column as bytes, or convert it where it is read");
}

void copy_strings(const ColumnView& source, std::size_t row_count, const ColumnType& type,
                  duckdb_vector target) {
  const Api& api = engine_api();
  const auto* const strings = source.as<StringRef>();
  auto* const copies = static_cast<StringRef*>(api.vector_get_data(target));
  for (std::size_t row = 0; row < row_count; ++row) {
    if (!source.is_valid(row)) continue;
    const std::string_view text = strings[row].view();
    if (type.type.id != TypeId::kBytes) require_utf8(text, type);
    if (text.size() <= StringRef::kInlined) {
      copies[row] = strings[row];
    } else {
      api.unsafe_vector_assign_string_element_len(target, row, text.data(), text.size());
    }
  }
}

void copy_column(const ColumnView& source, std::size_t row_count, const ColumnType& type,
                 duckdb_vector target) {
  copy_validity(source, row_count, target);
  if (is_carried_as_text(type.type)) {
    copy_strings(source, row_count, type, target);
    return;
  }
  const auto copy = [&](const ColumnView& native) {
    std::memcpy(engine_api().vector_get_data(target), native.data, row_count * native_width(type.type));
  };
  if (type.encoding == Encoding::kText) {
    copy(NativeColumn(source, row_count, type).view());
  } else {
    copy(source);
  }
}

/// The columns' names, each its own as the engine compares them: a second "id" becomes "id_1".
std::vector<std::string> distinct_names(const Schema& schema) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const ColumnType& column : schema) taken.insert(to_lower(column.name));
  std::set<std::string> given;
  for (const ColumnType& column : schema) {
    std::string name = column.name;
    for (int number = 1; given.contains(to_lower(name)); ++number) {
      const std::string numbered = cat(column.name, "_", number);
      if (!taken.contains(to_lower(numbered))) name = numbered;
    }
    given.insert(to_lower(name));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

InputScan::InputScan(std::string function, SqlInput input, Failure& failure, const Cancellation* cancellation)
    : function_(std::move(function)),
      input_(std::move(input)),
      failure_(failure),
      cancellation_(cancellation) {}

void InputScan::register_in(duckdb_connection connection) {
  const Api& api = engine_api();
  const TableFunction made(api.create_table_function());
  api.table_function_set_name(made.get(), function_.c_str());
  api.table_function_set_extra_info(made.get(), this, nullptr);
  api.table_function_set_bind(made.get(), bind);
  api.table_function_set_init(made.get(), begin);
  api.table_function_set_function(made.get(), read);
  api.table_function_supports_projection_pushdown(made.get(), true);
  invariant(api.register_table_function(connection, made.get()) == DuckDBSuccess,
            "an input's function is new");
}

void InputScan::bind(duckdb_bind_info info) {
  const Api& api = engine_api();
  auto& scan = *static_cast<InputScan*>(api.bind_get_extra_info(info));
  scan.failure_.guard(
      [&] {
        const auto names = distinct_names(scan.schema());
        for (std::size_t index = 0; index < names.size(); ++index) {
          const Type type = engine_type(scan.schema()[index].type);
          api.bind_add_result_column(info, names[index].c_str(), type.get());
        }
      },
      [&](const char* message) { api.bind_set_error(info, message); });
}

void InputScan::begin(duckdb_init_info info) {
  const Api& api = engine_api();
  auto projection = std::make_unique<Projection>();
  const idx_t count = api.init_get_column_count(info);
  for (idx_t index = 0; index < count; ++index) projection->push_back(api.init_get_column_index(info, index));
  // The rows of one input come in order and one batch at a time.
  api.init_set_max_threads(info, 1);
  api.init_set_init_data(info, projection.release(), [](void* data) {
    std::default_delete<Projection>()(static_cast<Projection*>(data));
  });
}

void InputScan::read(duckdb_function_info info, duckdb_data_chunk chunk) {
  const Api& api = engine_api();
  auto& scan = *static_cast<InputScan*>(api.function_get_extra_info(info));
  const auto& projection = *static_cast<const Projection*>(api.function_get_init_data(info));
  scan.failure_.guard([&] { scan.fill(projection, chunk); },
                      [&](const char* message) { api.function_set_error(info, message); });
}

void InputScan::fill(const std::vector<idx_t>& columns, duckdb_data_chunk chunk) {
  const Api& api = engine_api();
  const auto batch = next();
  const std::size_t row_count = batch ? batch->row_count() : 0;
  for (std::size_t index = 0; row_count > 0 && index < columns.size(); ++index) {
    // A query that only counts rows asks for a column that no table has: the row's number, whose value is
    // unused.
    if (columns[index] >= schema().size()) continue;
    copy_column(batch->column(columns[index]), row_count, schema()[columns[index]],
                api.data_chunk_get_vector(chunk, index));
  }
  api.data_chunk_set_size(chunk, row_count);
}

std::optional<Batch> InputScan::next() {
  const std::lock_guard lock(mutex_);
  if (ended_) return std::nullopt;
  ended_ = true;  // also when the next line throws
  if (cancellation_ != nullptr) cancellation_->check();
  auto batch = input_.next();
  invariant(!batch || batch->row_count() <= Batch::kMaxRows, "a batch has at most 2,048 rows");
  ended_ = !batch;
  return batch;
}

}  // namespace osiris
