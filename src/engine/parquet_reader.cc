#include "engine/parquet_reader.h"

#include <algorithm>

#include "base/text.h"
#include "engine/result_chunk.h"
#include "engine/session.h"
#include "engine/types.h"

namespace osiris {

namespace {

constexpr const char* kView = "osiris_file";

Error reading_error(duckdb_error_type type, std::string_view text) {
  if (type == DUCKDB_ERROR_INTERRUPT || type == DUCKDB_ERROR_OUT_OF_MEMORY) return engine_error(type, text);
  return {ErrorKind::kData, "parquet.damaged", cat("cannot read the Parquet file: ", text),
          "get the file again, or read it with the program that wrote it"};
}

bool is_nested(duckdb_logical_type type) {
  switch (engine_api().get_type_id(type)) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION:
      return true;
    default:
      return false;
  }
}

/// A column of a file: what the query asks for, and as what it comes.
struct FileColumn {
  std::string expression;
  ColumnType type;
};

bool is_same(const ColumnType& a, const ColumnType& b) { return a.name == b.name && a.type == b.type; }

}  // namespace

class ParquetReader::Files {
 public:
  Files(std::vector<ParquetPath> paths, const std::vector<std::string>& columns, std::string file_column,
        const SqlOptions& options)
      : paths_(std::move(paths)),
        wanted_(columns),
        file_column_(std::move(file_column)),
        cancellation_(options.cancellation),
        session_(options, failure_, reading_error) {
    for (std::size_t index = 0; index < paths_.size(); ++index) {
      if (cancellation_ != nullptr) cancellation_->check();
      const Schema schema = look_at(index);
      if (index == 0) {
        schema_ = schema;
      } else if (!std::equal(schema.begin(), schema.end(), schema_.begin(), schema_.end(), is_same)) {
        throw Error(
            ErrorKind::kData, "parquet.schema_differs",
            cat("the columns of '", paths_[index].shown, "' differ from those of '", paths_[0].shown, "'"),
            "read files of different columns in steps of their own");
      }
    }
    layout_ = layout_of(schema_);
    if (cancellation_ != nullptr) interrupt_ = cancellation_->on_cancel([this] { session_.interrupt(); });
  }

  const Schema& schema() const { return schema_; }

  std::optional<Batch> next() {
    for (;;) {
      if (cancellation_ != nullptr) cancellation_->check();
      if (chunk_) {
        if (auto batch = chunk_->next()) return batch;
        chunk_.reset();
      }
      if (!is_open_) {
        if (next_file_ == paths_.size()) return std::nullopt;
        open(next_file_++);
      }
      within_file(next_file_ - 1, [&] { fetch(); });
    }
  }

 private:
  template <typename Work>
  auto within_file(std::size_t index, Work&& work) -> decltype(work()) {
    return within(cat("file '", paths_[index].shown, "'"), std::forward<Work>(work));
  }

  /// Makes the file a view, and says what the query asks of it.
  std::vector<FileColumn> columns_of(std::size_t index) {
    session_.run(cat("CREATE OR REPLACE TEMP VIEW ", kView, " AS FROM read_parquet(",
                     quoted_text(paths_[index].path.string()), ", hive_partitioning := false)"));
    const Prepared statement = session_.prepare_select(cat("FROM ", kView));
    const Api& api = engine_api();
    std::vector<FileColumn> columns;
    for (idx_t at = 0; at < api.prepared_statement_column_count(statement.get()); ++at) {
      const std::string name = take_text(api.prepared_statement_column_name(statement.get(), at));
      const Type type(api.prepared_statement_column_logical_type(statement.get(), at));
      FileColumn& column = columns.emplace_back();
      column.expression = quoted_name(name);
      if (is_nested(type.get())) {
        column.expression = cat("to_json(", column.expression, ")");
        column.type.type = {TypeId::kJson};
      } else {
        const ResultColumn result = result_column(name, type.get());
        column.type = result.column;
        if (result.cast != nullptr)
          column.expression = cat("CAST(", column.expression, " AS ", result.cast, ")");
      }
      column.type.name = name;
      column.type.source_type = "parquet " + to_string(column.type.type);
    }
    return columns;
  }

  /// The columns that are wanted, in their order.
  std::vector<FileColumn> chosen(const std::vector<FileColumn>& all, const std::string& shown) const {
    if (wanted_.empty()) return all;
    std::vector<std::string> names;
    for (const FileColumn& column : all) names.push_back(column.type.name);
    std::vector<FileColumn> columns;
    for (const std::string& name : wanted_) {
      const auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) {
        throw Error(ErrorKind::kUser, "file.no_such_column", cat("'", shown, "' has no column '", name, "'"),
                    suggestion(name, names));
      }
      columns.push_back(all[static_cast<std::size_t>(found - names.begin())]);
    }
    return columns;
  }

  Schema look_at(std::size_t index) {
    return within_file(index, [&] {
      Schema schema;
      for (const FileColumn& column : chosen(columns_of(index), paths_[index].shown))
        schema.push_back(column.type);
      if (file_column_.empty()) return schema;
      const bool is_taken = std::any_of(schema.begin(), schema.end(), [&](const ColumnType& column) {
        return column.name == file_column_;
      });
      if (is_taken) {
        throw Error(ErrorKind::kUser, "config.invalid",
                    cat("file_column is a column of the file: '", file_column_, "'"), "give it another name");
      }
      schema.emplace_back().name = file_column_;
      return schema;
    });
  }

  void open(std::size_t index) {
    within_file(index, [&] {
      std::vector<std::string> expressions;
      for (const FileColumn& column : chosen(columns_of(index), paths_[index].shown))
        expressions.push_back(column.expression);
      if (!file_column_.empty()) expressions.push_back(quoted_text(paths_[index].shown));
      result_ =
          session_.start(session_.prepare_select(cat("SELECT ", join(expressions, ", "), " FROM ", kView)));
    });
    is_open_ = true;
  }

  void fetch() {
    Chunk chunk = session_.fetch(result_);
    if (chunk.get() != nullptr) {
      chunk_.emplace(std::move(chunk), layout_);
      return;
    }
    is_open_ = false;
    result_ = Result();
  }

  // The engine's objects refer to what stands above them and are destroyed first.
  std::vector<ParquetPath> paths_;
  std::vector<std::string> wanted_;
  std::string file_column_;
  Cancellation* cancellation_;
  Failure failure_;
  EngineSession session_;
  Schema schema_;
  ResultChunk::Layout layout_;
  Result result_;
  Cancellation::Hook interrupt_;
  std::optional<ResultChunk> chunk_;
  bool is_open_ = false;
  std::size_t next_file_ = 0;
};

ParquetReader::ParquetReader(std::vector<ParquetPath> files, const std::vector<std::string>& columns,
                             const std::string& file_column, const SqlOptions& options)
    : files_(std::make_unique<Files>(std::move(files), columns, file_column, options)) {}
ParquetReader::ParquetReader(ParquetReader&&) noexcept = default;
ParquetReader& ParquetReader::operator=(ParquetReader&&) noexcept = default;
ParquetReader::~ParquetReader() = default;

const Schema& ParquetReader::schema() const { return files_->schema(); }
std::optional<Batch> ParquetReader::next() { return files_->next(); }

}  // namespace osiris
