#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/csv_dialect.h"
#include "filesystem/csv_formatter.h"
#include "filesystem/input_file.h"
#include "filesystem/output_target.h"
#include "format/csv.h"

namespace osiris::filesystem {

namespace {

/// Bytes that wait for the file. Measured: a larger buffer makes writing no faster.
constexpr std::size_t kFlushBytes = std::size_t{128} << 10;

CsvQuoting quoting_of(const std::string& word) {
  if (word == "all") return CsvQuoting::kAll;
  return word == "nonnumeric" ? CsvQuoting::kNonnumeric : CsvQuoting::kMinimal;
}

CsvStyle style_of(const Config& config) {
  invariant(config.text("encoding") == "utf-8", "the only encoding is UTF-8");
  return {.dialect = csv_dialect(config),
          .quoting = quoting_of(config.text("quoting")),
          .binary = config.text("binary") == "base64" ? CsvBinary::kBase64 : CsvBinary::kHex,
          .newline = config.text("newline") == "crlf" ? "\r\n" : "\n",
          .null_value = config.text("null_value")};
}

bool appends(const Config& config) { return config.text("write_mode") == "append"; }

fs::path output_path(const Config& config, Context& context) {
  const auto path = config.optional_text("path");
  if (!path) return context.artifact_path("output.csv");
  fs::path absolute = context.project_path(*path);
  if (config.boolean("create_dirs")) make_folders(absolute.parent_path());
  return absolute;
}

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

/// Refuses a file whose first line does not name the same columns in the same order.
void check_header(const fs::path& path, const Schema& schema, CsvDialect dialect) {
  InputFile file({path, path.string()});
  CsvReader reader(dialect, [&](char* buffer, std::size_t size) { return file.read(buffer, size); });
  const CsvRecord* const record = reader.next();
  bool is_equal = record != nullptr && record->fields.size() == schema.size();
  for (std::size_t index = 0; is_equal && index < schema.size(); ++index) {
    is_equal = record->fields[index].text == schema[index].name;
  }
  if (is_equal) return;
  throw Error(ErrorKind::kData, "csv.header_differs",
              cat("cannot append rows of other columns than those of '", path.string(), "'"),
              "use write_mode: overwrite or another path");
}

class CsvWriter : public Writer {
 public:
  CsvWriter(const Config& config, const Schema& schema, Context& context)
      : context_(context),
        schema_(schema),
        style_(style_of(config)),
        path_(output_path(config, context)),
        is_append_(appends(config)),
        flush_rows_(config.has("chunk_size") ? static_cast<std::uint64_t>(config.integer("chunk_size"))
                                             : std::numeric_limits<std::uint64_t>::max()),
        formatter_(schema_, style_) {
    const bool has_header = config.boolean("header");
    if (is_append_ && size_of(path_).value_or(0) > 0) {
      if (has_header) check_header(path_, schema_, style_.dialect);
      if (!ends_with_line_feed(path_)) buffer_.append(style_.newline);
    } else if (has_header) {
      formatter_.append_header(buffer_);
    }
    target_ = is_append_ ? append_to_file(path_) : replace_file(path_);
  }

  void write(const Batch& batch) override {
    formatter_.append_rows(buffer_, batch);
    row_count_ += batch.row_count();
    if (buffer_.size() >= kFlushBytes || row_count_ - flushed_rows_ >= flush_rows_) flush();
  }

  LoadResult commit(const LoadRecord&) override {
    flush();
    target_->commit();
    // What was there before an append is not in the digest, so the session reads the whole file.
    context_.file_written({path_, is_append_, is_append_ ? "" : "sha256:" + digest_.finish()});
    return {row_count_, {}};
  }

  void abort(std::chrono::steady_clock::time_point) noexcept override { target_->abort(); }

 private:
  void flush() {
    target_->write(buffer_.view());
    if (!is_append_) digest_.update(buffer_.view());
    context_.count_bytes_written(buffer_.size());
    buffer_.clear();
    flushed_rows_ = row_count_;
  }

  Context& context_;
  Schema schema_;
  CsvStyle style_;
  fs::path path_;
  bool is_append_;
  std::uint64_t flush_rows_;
  CsvFormatter formatter_;
  OutputBuffer buffer_;
  Sha256 digest_;
  std::unique_ptr<OutputTarget> target_;
  std::uint64_t row_count_ = 0, flushed_rows_ = 0;
};

/// Tells what would be written, and makes neither a folder nor a file.
Preview preview(const Config& config, Context& context) {
  Preview preview;
  const auto path = config.optional_text("path");
  const auto size = path ? size_of(context.project_path(*path)) : std::nullopt;
  std::string effect = "new";
  if (size) effect = cat(appends(config) ? "appends to " : "replaces ", human_bytes(*size));
  preview.writes.push_back(
      cat("file ", path.value_or("output.csv among the session's artifacts"), " (", effect, ")"));
  return preview;
}

}  // namespace

void describe_csv_writer(Component& component) {
  component.open_writer = [](const Config& config, const Schema& schema,
                             Context& context) -> std::unique_ptr<Writer> {
    return std::make_unique<CsvWriter>(config, schema, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview(config, context);
  };
}

}  // namespace osiris::filesystem
