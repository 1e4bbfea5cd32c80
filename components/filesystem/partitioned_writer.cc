#include "filesystem/partitioned_writer.h"

#include <algorithm>
#include <list>
#include <unordered_map>

#include <fcntl.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "filesystem/folder_target.h"
#include "filesystem/input_file.h"
#include "filesystem/text_output.h"
#include "table/values.h"

namespace osiris::filesystem {

namespace {

/// Chosen: far below the 1,024 files that a process may have open.
constexpr std::size_t kMostOpenFiles = 100;
/// Bytes that wait for an open file.
constexpr std::size_t kFlushBytes = std::size_t{64} << 10;

/// The file of one value.
class Partition {
 public:
  Partition(fs::path path, std::unique_ptr<RowFormatter> formatter, const std::string& encoding,
            Compression compression, Context& context)
      : path_(std::move(path)),
        context_(context),
        formatter_(std::move(formatter)),
        output_(encoding, compression, [this](std::string_view bytes) { put(bytes); }) {}

  const fs::path& path() const { return path_; }
  bool is_open() const { return file_.is_open(); }
  void open() { file_ = OutputFile(path_, O_CREAT | O_WRONLY | O_APPEND); }
  void append_header() { formatter_->append_header(buffer_); }
  void append_rows(const Batch& batch, std::size_t first, std::size_t last) {
    formatter_->append_rows(buffer_, batch, first, last);
    if (buffer_.size() >= kFlushBytes) flush();
  }
  /// Gives the file and the memory back; open() goes on where it was.
  void close() {
    flush();
    output_.finish();
    buffer_ = OutputBuffer();
    file_.close();
  }
  std::string digest() { return "sha256:" + digest_.finish(); }

  std::list<Partition*>::iterator place_in_use;  ///< among the open ones

 private:
  void flush() {
    output_.write(buffer_.view());
    buffer_.clear();
  }
  void put(std::string_view bytes) {
    file_.write(bytes);
    digest_.update(bytes);
    context_.count_bytes_written(bytes.size());
  }

  fs::path path_;
  Context& context_;
  std::unique_ptr<RowFormatter> formatter_;
  OutputBuffer buffer_;
  TextOutput output_;
  Sha256 digest_;
  OutputFile file_;
};

class PartitionedWriter : public Writer {
 public:
  PartitionedWriter(const Config& config, const Schema& schema, TextFormat format, Context& context)
      : context_(context),
        schema_(schema),
        format_(std::move(format)),
        encoding_(config.text("encoding")),
        compression_(compression_of(config.text("compression"), "")),
        path_(output_path(config, "output", context)),
        columns_(partition_columns(config, schema_, path_)),
        folder_(path_, schema_[columns_[0]].name) {
    format_.extension += compression_ == Compression::kGzip   ? ".gz"
                         : compression_ == Compression::kZstd ? ".zst"
                                                              : "";
  }

  void write(const Batch& batch) override {
    std::size_t first = 0;
    std::string key = key_of(batch, 0);
    for (std::size_t row = 1; row < batch.row_count(); ++row) {
      std::string next = key_of(batch, row);
      if (next == key) continue;
      partition(key).append_rows(batch, first, row);
      first = row;
      key = std::move(next);
    }
    partition(key).append_rows(batch, first, batch.row_count());
    row_count_ += batch.row_count();
  }

  LoadResult commit(const LoadRecord&) override {
    while (!in_use_.empty()) close_oldest();
    folder_.commit();
    std::vector<std::string> keys;
    for (const auto& [key, partition] : partitions_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    keys.resize(std::min(keys.size(), kMostKeptFiles));
    for (const std::string& key : keys) {
      Partition& partition = *partitions_.at(key);
      context_.file_written(
          {path_ / partition.path().lexically_relative(folder_.part()), false, partition.digest()});
    }
    return {row_count_, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override { folder_.abort(); }

 private:
  /// "country=CZ/year=2026".
  std::string key_of(const Batch& batch, std::size_t row) {
    std::string key;
    for (const std::size_t column : columns_) {
      const ColumnView& values = batch.column(column);
      const bool is_valid = values.is_valid(row);
      value_.clear();
      if (is_valid) append_value_text(value_, values, row, schema_[column]);
      if (!key.empty()) key += '/';
      key += partition_name(schema_[column].name, is_valid ? &value_ : nullptr);
    }
    return key;
  }

  Partition& partition(const std::string& key) {
    std::unique_ptr<Partition>& partition = partitions_[key];
    const bool is_new = partition == nullptr;
    if (is_new) {
      make_folders(folder_.part() / key);
      partition =
          std::make_unique<Partition>(folder_.part() / key / ("data" + format_.extension),
                                      format_.make_formatter(schema_), encoding_, compression_, context_);
    }
    if (partition->is_open()) {
      in_use_.splice(in_use_.end(), in_use_, partition->place_in_use);
      return *partition;
    }
    if (in_use_.size() == kMostOpenFiles) close_oldest();
    partition->open();
    partition->place_in_use = in_use_.insert(in_use_.end(), partition.get());
    if (is_new && format_.has_header) partition->append_header();
    return *partition;
  }

  void close_oldest() {
    in_use_.front()->close();
    in_use_.pop_front();
  }

  Context& context_;
  Schema schema_;
  TextFormat format_;
  std::string encoding_;
  Compression compression_;
  fs::path path_;
  std::vector<std::size_t> columns_;
  FolderTarget folder_;
  std::unordered_map<std::string, std::unique_ptr<Partition>> partitions_;
  std::list<Partition*> in_use_;  ///< the one that was written to longest ago first
  std::string value_;
  std::uint64_t row_count_ = 0;
};

}  // namespace

std::vector<std::size_t> partition_columns(const Config& config, const Schema& schema, const fs::path& path) {
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw Error(ErrorKind::kUser, "config.invalid", problem, hint);
  };
  if (path == kStandardStream) refuse("partition_by needs a folder, not the standard output", "name a path");
  std::vector<std::string> known;
  for (const ColumnType& column : schema) known.push_back(column.name);
  std::vector<std::size_t> columns;
  for (const std::string& name : config.texts("partition_by")) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
      refuse(cat("partition_by names no column: '", name, "'"), suggestion(name, known));
    columns.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  return columns;
}

std::unique_ptr<Writer> open_partitioned_writer(const Config& config, const Schema& schema, TextFormat format,
                                                Context& context) {
  return std::make_unique<PartitionedWriter>(config, schema, std::move(format), context);
}

Preview preview_partitions(const Config& config, Context& context) {
  const auto path = config.optional_text("path");
  const bool is_there = path && fs::exists(context.project_path(*path));
  Preview preview;
  preview.writes.push_back(cat("folder ", path.value_or("output among the session's artifacts"),
                               ", a file for each ", join(config.texts("partition_by"), ", "),
                               is_there ? " (replaces it)" : " (new)"));
  return preview;
}

}  // namespace osiris::filesystem
