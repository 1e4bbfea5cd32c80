#include "engine/parquet_writer.h"

#include <condition_variable>
#include <deque>
#include <thread>

#include "base/text.h"
#include "engine/input_scan.h"
#include "engine/session.h"

namespace osiris {

namespace {

constexpr const char* kScan = "osiris_rows";
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

/// The statement that writes the file, and the rows on their way to it.
class ParquetWriter::Statement {
 public:
  Statement(const Schema& schema, const std::filesystem::path& path, const ParquetStyle& style,
            const SqlOptions& options)
      : scan_(kScan, {"rows", schema, [this] { return take(); }}, failure_, options.cancellation),
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
    const std::string copy =
        cat("COPY (SELECT ", join(expressions, ", "), " FROM ", kScan, "() AS rows(", join(given, ", "),
            ")) TO ", quoted_text(path.string()), " (FORMAT parquet, COMPRESSION ", style.compression,
            ", ROW_GROUP_SIZE_BYTES ", style.row_group_bytes, ", USE_TMP_FILE false)");
    thread_ = std::jthread([this, copy] { run(copy); });
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() {
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

 private:
  void run(const std::string& copy) {
    outcome_.guard([&] { session_.run(copy); }, [](const char*) {});
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
    : statement_(std::make_unique<Statement>(schema, path, style, options)) {}
ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::write(const Batch& batch) { statement_->write(batch); }
void ParquetWriter::finish() { statement_->finish(); }

}  // namespace osiris
