#include "engine/parquet_writer.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/folder_target.h"
#include "filesystem/input_file.h"
#include "filesystem/output_target.h"
#include "filesystem/partitioned_writer.h"
#include "filesystem/text_writer.h"

namespace osiris::filesystem {

namespace {

/// What the engine holds is a row group; spilling is not for a file that is only written.
constexpr std::uint64_t kMemoryPerRowGroupByte = 8;

SqlOptions options_of(const Config& config, Context& context) {
  SqlOptions options;
  options.memory_limit_bytes =
      std::max(options.memory_limit_bytes, kMemoryPerRowGroupByte * config.size("row_group_size"));
  options.temporary_folder = context.temporary_folder();
  options.allow_external_access = true;  // what runs is ours
  options.cancellation = &context.cancellation();
  return options;
}

ParquetStyle style_of(const Config& config) {
  const std::string compression = config.text("compression");
  return {compression == "none" ? "uncompressed" : compression, config.size("row_group_size")};
}

fs::path path_of(const Config& config, Context& context) {
  fs::path path = output_path(config, "output.parquet", context);
  if (path != kStandardStream) return path;
  throw Error(ErrorKind::kUser, "config.invalid", "Parquet needs a file, not the standard output",
              "name a path");
}

class ParquetFileWriter : public Writer {
 public:
  ParquetFileWriter(const Config& config, const Schema& schema, Context& context)
      : context_(context), path_(path_of(config, context)), target_(replace_file(path_)) {
    file_.emplace(schema, target_->part(), style_of(config), options_of(config, context));
  }

  void write(const Batch& batch) override {
    file_->write(batch);
    row_count_ += batch.row_count();
  }

  LoadResult commit(const LoadRecord&) override {
    file_->finish();
    context_.count_bytes_written(fs::file_size(target_->part()));
    target_->commit();
    context_.file_written({path_, false, ""});
    return {row_count_, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override {
    file_.reset();
    target_->abort();
  }

 private:
  Context& context_;
  fs::path path_;
  std::unique_ptr<ReplacedFile> target_;
  std::optional<ParquetWriter> file_;
  std::uint64_t row_count_ = 0;
};

class PartitionedParquetWriter : public Writer {
 public:
  PartitionedParquetWriter(const Config& config, const Schema& schema, Context& context)
      : context_(context),
        schema_(schema),
        path_(output_path(config, "output", context)),
        columns_(partition_columns(config, schema_, path_)),
        folder_(path_, schema_[columns_[0]].name) {
    files_.emplace(schema_, columns_, style_of(config), options_of(config, context));
  }

  void write(const Batch& batch) override {
    files_->write(batch);
    row_count_ += batch.row_count();
  }

  LoadResult commit(const LoadRecord&) override {
    std::vector<fs::path> written;
    files_->finish([&](const ParquetPartitions::Values& values) {
      written.push_back(place_of(values));
      make_folders((folder_.part() / written.back()).parent_path());
      return folder_.part() / written.back();
    });
    files_.reset();
    for (const fs::path& path : written) context_.count_bytes_written(fs::file_size(folder_.part() / path));
    folder_.commit();
    written.resize(std::min(written.size(), kMostKeptFiles));
    for (const fs::path& path : written) context_.file_written({path_ / path, false, ""});
    return {row_count_, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override {
    files_.reset();
    folder_.abort();
  }

 private:
  fs::path place_of(const ParquetPartitions::Values& values) const {
    fs::path place;
    for (std::size_t index = 0; index < columns_.size(); ++index) {
      place /= partition_name(schema_[columns_[index]].name, values[index] ? &*values[index] : nullptr);
    }
    return place / "data.parquet";
  }

  Context& context_;
  Schema schema_;
  fs::path path_;
  std::vector<std::size_t> columns_;
  FolderTarget folder_;
  std::optional<ParquetPartitions> files_;
  std::uint64_t row_count_ = 0;
};

Preview preview(const Config& config, Context& context) {
  if (config.has("partition_by")) return preview_partitions(config, context);
  Preview preview;
  const auto path = config.optional_text("path");
  std::error_code problem;
  const std::uintmax_t size = path ? fs::file_size(context.project_path(*path), problem) : 0;
  const std::string effect = !path || problem ? "new" : "replaces " + human_bytes(size);
  preview.writes.push_back(
      cat("file ", path.value_or("output.parquet among the session's artifacts"), " (", effect, ")"));
  return preview;
}

}  // namespace

void describe_parquet_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema,
                             Context& context) -> std::unique_ptr<Writer> {
    if (config.has("partition_by"))
      return std::make_unique<PartitionedParquetWriter>(config, schema, context);
    return std::make_unique<ParquetFileWriter>(config, schema, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview(config, context);
  };
}

}  // namespace osiris::filesystem
