#include "filesystem/text_writer.h"

#include <fstream>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "filesystem/input_file.h"
#include "filesystem/output_target.h"
#include "filesystem/partitioned_writer.h"
#include "filesystem/text_output.h"

namespace osiris::filesystem {

namespace {

/// Bytes that wait for the file. Measured: a larger buffer makes writing no faster.
constexpr std::size_t kFlushBytes = std::size_t{128} << 10;

bool appends(const Config& config) { return config.text("write_mode") == "append"; }

/// The file's size, or nothing where there is no file.
std::optional<std::uint64_t> size_of(const fs::path& path) {
  std::error_code problem;
  const std::uintmax_t size = fs::file_size(path, problem);
  if (problem) return std::nullopt;
  return size;
}

bool ends_with_line_feed(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(-1, std::ios::end);
  return file.get() == '\n';
}

/// What cannot be added to is not looked at.
void check_can_append(const Config& config, Compression compression, const fs::path& path) {
  const auto refuse = [&](std::string_view what) {
    throw Error(ErrorKind::kUser, "config.invalid",
                cat("write_mode: append does not go with ", what, ": '", path.string(), "'"),
                "write a new file beside it, and read both by a pattern");
  };
  if (path == kStandardStream) refuse("the standard output");
  if (compression != Compression::kNone) refuse("a compressed file");
  if (!is_utf8(config.text("encoding"))) refuse("another encoding than utf-8");
}

class TextWriter : public Writer {
 public:
  TextWriter(const Config& config, const Schema& schema, const TextFormat& format, Context& context)
      : context_(context),
        schema_(schema),
        path_(output_path(config, "output" + format.extension, context)),
        is_append_(appends(config)),
        is_stream_(path_ == kStandardStream),
        flush_rows_(config.has("chunk_size") ? static_cast<std::uint64_t>(config.integer("chunk_size"))
                                             : std::numeric_limits<std::uint64_t>::max()),
        formatter_(format.make_formatter(schema_)),
        output_(config.text("encoding"), compression_of(config.text("compression"), path_.native()),
                [this](std::string_view bytes) { put(bytes); }) {
    if (is_append_)
      check_can_append(config, compression_of(config.text("compression"), path_.native()), path_);
    if (is_append_ && size_of(path_).value_or(0) > 0) {
      if (format.check_append) format.check_append(path_, schema_);
      if (!ends_with_line_feed(path_)) buffer_.append(format.newline);
    } else if (format.has_header) {
      formatter_->append_header(buffer_);
    }
    if (is_stream_) {
      target_ = standard_output();
    } else {
      target_ = is_append_ ? append_to_file(path_) : replace_file(path_);
    }
  }

  void write(const Batch& batch) override {
    formatter_->append_rows(buffer_, batch, 0, batch.row_count());
    row_count_ += batch.row_count();
    if (buffer_.size() >= kFlushBytes || row_count_ - flushed_rows_ >= flush_rows_) flush();
  }

  LoadResult commit(const LoadRecord&) override {
    flush();
    output_.finish();
    target_->commit();
    // What was there before an append is not in the digest, so the session reads the whole file.
    if (!is_stream_)
      context_.file_written({path_, is_append_, is_append_ ? "" : "sha256:" + digest_.finish()});
    return {row_count_, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override { target_->abort(); }

 private:
  void flush() {
    output_.write(buffer_.view());
    buffer_.clear();
    flushed_rows_ = row_count_;
  }

  void put(std::string_view bytes) {
    target_->write(bytes);
    if (!is_append_ && !is_stream_) digest_.update(bytes);
    context_.count_bytes_written(bytes.size());
  }

  Context& context_;
  Schema schema_;
  fs::path path_;
  bool is_append_, is_stream_;
  std::uint64_t flush_rows_;
  std::unique_ptr<RowFormatter> formatter_;
  OutputBuffer buffer_;
  TextOutput output_;
  Sha256 digest_;
  std::unique_ptr<OutputTarget> target_;
  std::uint64_t row_count_ = 0, flushed_rows_ = 0;
};

}  // namespace

fs::path output_path(const Config& config, std::string_view default_name, Context& context) {
  const auto path = config.optional_text("path");
  if (!path) return context.artifact_path(std::string(default_name));
  if (*path == kStandardStream) return *path;
  fs::path absolute = context.project_path(*path);
  if (config.boolean("create_dirs")) make_folders(absolute.parent_path());
  return absolute;
}

std::unique_ptr<Writer> open_text_writer(const Config& config, const Schema& schema, TextFormat format,
                                         Context& context) {
  if (config.has("partition_by")) return open_partitioned_writer(config, schema, std::move(format), context);
  return std::make_unique<TextWriter>(config, schema, format, context);
}

Preview preview_text_writer(const Config& config, const TextFormat& format, Context& context) {
  Preview preview;
  const auto path = config.optional_text("path");
  if (path && *path == kStandardStream) {
    preview.writes.emplace_back("the standard output");
    return preview;
  }
  if (config.has("partition_by")) return preview_partitions(config, context);
  const auto size = path ? size_of(context.project_path(*path)) : std::nullopt;
  std::string effect = "new";
  if (size) effect = cat(appends(config) ? "appends to " : "replaces ", human_bytes(*size));
  preview.writes.push_back(
      cat("file ", path.value_or(cat("output", format.extension, " among the session's artifacts")), " (",
          effect, ")"));
  return preview;
}

}  // namespace osiris::filesystem
