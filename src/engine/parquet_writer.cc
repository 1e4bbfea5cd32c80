#include "engine/parquet_writer.h"

#include <condition_variable>
#include <deque>
#include <thread>

#include "base/text.h"
#include "engine/input_scan.h"
#include "engine/session.h"

namespace osiris {

namespace {

constexpr const char* kParquetScan = "osiris_rows";
/// Rows that wait for the engine: enough that neither side waits for the other at each batch.
constexpr std::size_t kMostWaitingBytes = std::size_t{8} << 20;

Error writing_error(duckdb_error_type type, std::string_view text) {
  switch (type) {
    case DUCKDB_ERROR_IO:
      return {ErrorKind::kData, "parquet.unwritable", cat("cannot write the Parquet file: ", text),
              "look at the free space and the permissions of the folder"};
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_INVALID_INPUT:
      return {ErrorKind::kData, "value.out_of_range", cat("a value does not fit Parquet: ", text),
              "cast the column in a SQL step"};
    default:
      return engine_error(type, text);
  }
}

std::string copy_sql(const std::string& query, const std::filesystem::path& path, const ParquetStyle& style) {
  return cat("COPY (", query, ") TO ", quoted_text(path.string()), " (FORMAT parquet, COMPRESSION ",
             style.compression, ", ROW_GROUP_SIZE_BYTES ", style.row_group_bytes, ", USE_TMP_FILE false)");
}

/// What is written of a column.
std::string expression_of(const ColumnType& type, const std::string& name) {
  switch (type.type.id) {
    case TypeId::kHugeint:
      return cat("CAST(", name, " AS DECIMAL(38,0))");
    case TypeId::kInterval:
      return cat("CAST(", name, " AS VARCHAR)");
    case TypeId::kJson:
      return cat("CAST(", name, " AS JSON)");
    default:
      return name;
  }
}

}  // namespace

/// A statement over rows, and the rows on their way to it.
class ParquetStatement {
 public:
  /// `sql_over` makes the statement of the query for the rows.
  ParquetStatement(const Schema& schema, const SqlOptions& options,
                   const std::function<std::string(const std::string& query)>& sql_over)
      : scan_(kParquetScan, {"rows", schema, [this] { return take(); }}, failure_, options.cancellation),
        session_(options, failure_, writing_error) {
    scan_.register_in(session_.connection());
    // One thread keeps the order of the rows by itself, and row groups bounded in bytes come without this
    // only.
    session_.run("SET preserve_insertion_order = false");
    std::vector<std::string> given, expressions;
    for (const ColumnType& column : schema) {
      given.push_back(cat("c", given.size()));
      expressions.push_back(cat(expression_of(column, given.back()), " AS ", quoted_name(column.name)));
    }
    const std::string query = cat("SELECT ", join(expressions, ", "), " FROM ", kParquetScan, "() AS given(",
                                  join(given, ", "), ")");
    thread_ = std::jthread([this, sql = sql_over(query)] { run(sql); });
  }
  ParquetStatement(const ParquetStatement&) = delete;
  ParquetStatement& operator=(const ParquetStatement&) = delete;
  ~ParquetStatement() {
    {
      const std::lock_guard lock(mutex_);
      is_given_up_ = true;
      batches_.clear();
    }
    changed_.notify_all();
  }

  void write(const Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [&] { return is_over_ || bytes_ == 0 || bytes_ + batch.byte_count() <= kMostWaitingBytes; });
    if (is_over_) end_early();
    bytes_ += batch.byte_count();
    batches_.push_back(batch);
    changed_.notify_all();
  }

  void finish() {
    std::unique_lock lock(mutex_);
    is_finished_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return is_over_; });
    outcome_.rethrow();
  }
  /// For what comes after finish().
  EngineSession& session() { return session_; }

 private:
  void run(const std::string& sql) {
    outcome_.guard([&] { session_.run(sql); }, [](const char*) {});
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }

  std::optional<Batch> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_given_up_ || is_finished_ || !batches_.empty(); });
    if (is_given_up_) throw Error(ErrorKind::kUser, "run.cancelled", "the file was given up");
    if (batches_.empty()) return std::nullopt;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    bytes_ -= batch.byte_count();
    changed_.notify_all();
    return batch;
  }

  void end_early() {
    outcome_.rethrow();
    invariant(false, "a statement ends early by a failure only");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  std::size_t bytes_ = 0;
  bool is_finished_ = false, is_given_up_ = false, is_over_ = false;
  Failure outcome_;  ///< of the statement
  // The engine's objects refer to what stands above them and are destroyed first; the thread uses them all.
  Failure failure_;
  InputScan scan_;
  EngineSession session_;
  std::jthread thread_;
};

ParquetWriter::ParquetWriter(const Schema& schema, const std::filesystem::path& path,
                             const ParquetStyle& style, const SqlOptions& options)
    : statement_(std::make_unique<ParquetStatement>(
          schema, options, [&](const std::string& query) { return copy_sql(query, path, style); })) {}
ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::write(const Batch& batch) { statement_->write(batch); }
void ParquetWriter::finish() { statement_->finish(); }

ParquetPartitions::ParquetPartitions(const Schema& schema, const std::vector<std::size_t>& columns,
                                     ParquetStyle style, const SqlOptions& options)
    : style_(std::move(style)),
      statement_(std::make_unique<ParquetStatement>(schema, options, [](const std::string& query) {
        return cat("CREATE TABLE osiris_kept AS ", query);
      })) {
  for (const std::size_t column : columns) names_.push_back(quoted_name(schema[column].name));
}
ParquetPartitions::~ParquetPartitions() = default;

void ParquetPartitions::write(const Batch& batch) { statement_->write(batch); }

/// Sorted by the number of their file, the rows of one are found without a look at the others.
void ParquetPartitions::finish(const std::function<std::filesystem::path(const Values&)>& place) {
  statement_->finish();
  EngineSession& session = statement_->session();
  session.run(cat("CREATE TABLE osiris_sorted AS SELECT *, dense_rank() OVER (ORDER BY ", join(names_, ", "),
                  ") AS osiris_file FROM osiris_kept ORDER BY osiris_file, osiris_kept.rowid"));
  session.run("DROP TABLE osiris_kept");
  std::vector<std::string> texts;
  for (const std::string& name : names_) texts.push_back(cat("any_value(CAST(", name, " AS VARCHAR))"));
  Result files = session.start(session.prepare_select(
      cat("SELECT ", join(texts, ", "), " FROM osiris_sorted GROUP BY osiris_file ORDER BY osiris_file")));
  std::vector<Values> all;
  for (Chunk chunk = session.fetch(files); chunk.get() != nullptr; chunk = session.fetch(files)) {
    const Api& api = engine_api();
    for (std::size_t row = 0; row < api.data_chunk_get_size(chunk.get()); ++row) {
      Values& values = all.emplace_back();
      for (std::size_t column = 0; column < names_.size(); ++column) {
        const duckdb_vector vector = api.data_chunk_get_vector(chunk.get(), column);
        const ColumnView view{api.vector_get_validity(vector), api.vector_get_data(vector)};
        values.push_back(view.is_valid(row) ? std::optional(std::string(view.text(row))) : std::nullopt);
      }
    }
  }
  for (std::size_t file = 0; file < all.size(); ++file) {
    session.run(
        copy_sql(cat("SELECT * EXCLUDE osiris_file FROM osiris_sorted WHERE osiris_file = ", file + 1),
                 place(all[file]), style_));
  }
}

}  // namespace osiris
