#include "engine/database_file.h"

#include <atomic>
#include <deque>

#include "base/error.h"
#include "base/text.h"
#include "engine/input_scan.h"
#include "engine/session.h"
#include "engine/types.h"
#include "table/values.h"

namespace osiris {

namespace {

/// Functions of all sessions of a file share one list of names.
std::string new_function_name() {
  static std::atomic<std::uint64_t> count{0};
  return cat("osiris_rows_", ++count);
}

}  // namespace

class DatabaseFile::Impl {
 public:
  Impl(const SqlOptions& options, FileAccess access)
      : cancellation_(options.cancellation), session_(options, failure_, engine_error, access) {
    if (cancellation_ == nullptr) return;
    interrupt_ = cancellation_->on_cancel([this] { session_.interrupt(); });
  }

  Result query(const std::string& sql) {
    if (cancellation_ != nullptr) cancellation_->check();
    Result result;
    const Api& api = engine_api();
    if (api.query(session_.connection(), sql.c_str(), result.out()) == DuckDBSuccess) return result;
    failure_.rethrow();
    if (cancellation_ != nullptr) cancellation_->check();
    throw error_of(api.result_error_type(result.out()), api.result_error(result.out()));
  }

  void roll_back() noexcept {
    Result ignored;
    engine_api().query(session_.connection(), "ROLLBACK", ignored.out());
  }

  EngineSession& session() { return session_; }
  Failure& failure() { return failure_; }
  Cancellation* cancellation() const { return cancellation_; }
  /// Functions stay known to the database as long as it is open.
  void keep(std::shared_ptr<void> scan) { scans_.push_back(std::move(scan)); }

 private:
  static Error error_of(duckdb_error_type type, const std::string& text) {
    if (is_disk_full(text)) {
      return {ErrorKind::kData, "file.disk_full", cat("there is no space left for the database: ", text),
              "free some space and run again"};
    }
    switch (type) {
      case DUCKDB_ERROR_CONSTRAINT:
        return {ErrorKind::kData, "value.refused", cat("a rule of the table refuses a row: ", text),
                "correct the row at its source; write_mode: upsert changes rows that are there already"};
      case DUCKDB_ERROR_TRANSACTION:
        return Error(ErrorKind::kUser, "query.locked",
                     cat("another transaction changes the same table: ", text), "run again when it is done")
            .retryable();
      default:
        return engine_error(type, text);
    }
  }

  Cancellation* cancellation_;
  // The engine's objects refer to what stands above them and are destroyed first.
  Failure failure_;
  std::vector<std::shared_ptr<void>> scans_;
  EngineSession session_;
  Cancellation::Hook interrupt_;
};

DatabaseFile::DatabaseFile(const SqlOptions& options, Access access)
    : impl_(std::make_unique<Impl>(options,
                                   access == Access::kWrite ? FileAccess::kWrite : FileAccess::kRead)) {}
DatabaseFile::~DatabaseFile() = default;

std::uint64_t DatabaseFile::run(const std::string& sql) {
  Result result = impl_->query(sql);
  return engine_api().rows_changed(result.out());
}

void DatabaseFile::roll_back() noexcept { impl_->roll_back(); }

std::vector<std::vector<std::optional<std::string>>> DatabaseFile::rows(const std::string& sql) {
  const Api& api = engine_api();
  Result result = impl_->query(sql);
  Schema schema;
  for (idx_t column = 0; column < api.column_count(result.out()); ++column) {
    const Type type(api.column_logical_type(result.out(), column));
    schema.push_back(result_column(api.column_name(result.out(), column), type.get()).column);
  }
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (;;) {
    const Chunk chunk(api.fetch_chunk(result.get()));
    if (chunk.get() == nullptr) return rows;
    for (idx_t row = 0; row < api.data_chunk_get_size(chunk.get()); ++row) {
      auto& cells = rows.emplace_back(schema.size());
      for (idx_t column = 0; column < schema.size(); ++column) {
        const duckdb_vector vector = api.data_chunk_get_vector(chunk.get(), column);
        const ColumnView view{api.vector_get_validity(vector), api.vector_get_data(vector)};
        if (view.is_valid(row)) append_value_text(cells[column].emplace(), view, row, schema[column]);
      }
    }
  }
}

/// The batches that the next statement reads, one after the other.
class RowFeed::Scan {
 public:
  Scan(DatabaseFile::Impl& database, const Schema& schema)
      : scan_(new_function_name(), {"", schema, [this] { return next(); }}, database.failure(),
              database.cancellation()) {
    scan_.register_in(database.session().connection());
  }

  const std::string& function() const { return scan_.function(); }
  void offer(std::vector<Batch> batches) {
    batches_.assign(std::make_move_iterator(batches.begin()), std::make_move_iterator(batches.end()));
    scan_.restart();
  }

 private:
  std::optional<Batch> next() {
    if (batches_.empty()) return std::nullopt;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
  }

  std::deque<Batch> batches_;
  InputScan scan_;
};

RowFeed::RowFeed(DatabaseFile& database, const Schema& schema)
    : database_(database), scan_(std::make_shared<Scan>(*database.impl_, schema)) {
  database.impl_->keep(scan_);
}
RowFeed::~RowFeed() = default;

std::string RowFeed::table() const { return scan_->function() + "()"; }

std::uint64_t RowFeed::run(const std::string& sql, std::vector<Batch> batches) {
  scan_->offer(std::move(batches));
  return database_.run(sql);
}

}  // namespace osiris
