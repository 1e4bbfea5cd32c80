#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/csv_dialect.h"
#include "filesystem/input_file.h"
#include "format/csv.h"

namespace osiris::filesystem {

namespace {

struct Options {
  CsvDialect dialect;
  bool has_header = true;
  bool skips_bad_rows = false;
  std::vector<std::string> null_values;

  /// Whether a field without quotes means NULL.
  bool is_null(std::string_view text) const {
    return std::any_of(null_values.begin(), null_values.end(),
                       [&](const std::string& token) { return token == text; });
  }
};

Options options_of(const Config& config) {
  invariant(config.text("encoding") == "utf-8", "the only encoding is UTF-8");
  return {csv_dialect(config), config.boolean("header"), config.text("on_bad_row") == "skip",
          config.texts("null_values")};
}

/// A CSV file that is being read. Counts the bytes it takes, where a context is given.
class CsvFile {
 public:
  CsvFile(InputPath path, CsvDialect dialect, Context* context)
      : file_(std::move(path)), reader_(dialect, [this, context](char* buffer, std::size_t size) {
          const std::size_t count = file_.read(buffer, size);
          if (context != nullptr) {
            context->cancellation().check();
            context->count_bytes_read(count);
          }
          return count;
        }) {}
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  const std::string& shown() const { return file_.shown(); }
  std::uint64_t size_bytes() const { return file_.size_bytes(); }
  const CsvRecord* next() { return reader_.next(); }

  std::string place(const CsvRecord& record) const {
    return cat("malformed row in '", shown(), "' at line ", record.line, ", byte ", record.byte_offset);
  }

 private:
  InputFile file_;
  CsvReader reader_;
};

[[noreturn]] void throw_malformed(const CsvFile& file, const CsvRecord& record, std::string_view problem) {
  throw Error(ErrorKind::kData, "csv.malformed", cat(file.place(record), ": ", problem),
              "correct the file, check delimiter and quote, or set on_bad_row: skip to leave such rows out");
}

/// A header's names; a column without one is called by its number.
std::vector<std::string> names_of(const CsvFile& file, const CsvRecord& record) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const CsvField& field : record.fields) {
    std::string name(field.text);
    if (name.empty()) name = cat("column_", names.size() + 1);
    if (!seen.insert(name).second) {
      throw Error(ErrorKind::kData, "csv.duplicate_column",
                  cat("the header of '", file.shown(), "' names a column twice: '", name, "'"),
                  "rename one of them, or set header: false");
    }
    names.push_back(std::move(name));
  }
  return names;
}

/// Reads a file's header; blank lines above it are passed over.
std::vector<std::string> read_header(CsvFile& file) {
  const CsvRecord* record = file.next();
  while (record != nullptr && record->is_blank()) record = file.next();
  if (record == nullptr) {
    throw Error(ErrorKind::kData, "csv.no_header", cat("the file has no header: '", file.shown(), "'"),
                "an empty file has no columns");
  }
  if (record->is_malformed()) throw_malformed(file, *record, record->problem);
  return names_of(file, *record);
}

Schema text_columns(std::vector<std::string> names) {
  Schema schema;
  for (std::string& name : names) {
    ColumnType& column = schema.emplace_back();
    column.name = std::move(name);
    column.source_type = "csv text";
  }
  return schema;
}

std::vector<std::string> numbered_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t number = 1; number <= count; ++number) names.push_back(cat("column_", number));
  return names;
}

class CsvExtractor : public Extractor {
 public:
  CsvExtractor(const Config& config, Context& context)
      : context_(context),
        options_(options_of(config)),
        paths_(find_input_files(config.text("path"), context)) {
    if (const auto bytes = size_of(paths_)) context.expect_total({Total::Unit::kBytes, *bytes});
    if (options_.has_header) {
      open_first_with_header();
    } else {
      open_first_without_header();
    }
    builder_.emplace(schema_);
  }

  const Schema& schema() const override { return schema_; }

  std::optional<Batch> next() override {
    context_.cancellation().check();
    while (const CsvRecord* record = next_record()) {
      if (!is_row(*record)) continue;
      if (builder_->is_full(record->byte_count)) {
        kept_ = record;
        return builder_->finish();
      }
      append(*record);
    }
    if (builder_->row_count() > 0) return builder_->finish();
    report_skipped_rows();
    return std::nullopt;
  }

 private:
  /// The columns come from the first file; the others must agree before a row is read.
  void open_first_with_header() {
    open(0);
    const std::vector<std::string> names = read_header(*file_);
    for (std::size_t index = 1; index < paths_.size(); ++index) {
      CsvFile other(paths_[index], options_.dialect, nullptr);
      if (read_header(other) == names) continue;
      throw Error(ErrorKind::kData, "csv.header_differs",
                  cat("the header of '", other.shown(), "' differs from that of '", file_->shown(), "'"),
                  "read files of different columns in steps of their own");
    }
    schema_ = text_columns(names);
  }

  void open_first_without_header() {
    open(0);
    kept_ = file_->next();
    while (kept_ == nullptr && open_next()) kept_ = file_->next();
    if (kept_ == nullptr) {
      throw Error(ErrorKind::kData, "csv.no_columns", cat("the file is empty: '", paths_[0].shown, "'"),
                  "without a header the first row tells the columns");
    }
    if (kept_->is_malformed()) throw_malformed(*file_, *kept_, kept_->problem);
    schema_ = text_columns(numbered_names(kept_->fields.size()));
  }

  void open(std::size_t index) {
    file_ = std::make_unique<CsvFile>(paths_[index], options_.dialect, &context_);
    file_index_ = index;
  }

  bool open_next() {
    if (file_index_ + 1 == paths_.size()) return false;
    open(file_index_ + 1);
    return true;
  }

  const CsvRecord* next_record() {
    if (kept_ != nullptr) return std::exchange(kept_, nullptr);
    const CsvRecord* record = file_->next();
    while (record == nullptr && open_next()) {
      if (options_.has_header) read_header(*file_);
      record = file_->next();
    }
    return record;
  }

  /// Fails or counts where the record is no row of this table. A blank line is one only where a row is a
  /// single field.
  bool is_row(const CsvRecord& record) {
    const std::size_t count = record.fields.size();
    if (record.is_malformed()) {
      reject(record, std::string(record.problem));
    } else if (count == schema_.size()) {
      return true;
    } else if (!record.is_blank()) {
      reject(record, cat(count, count == 1 ? " field" : " fields", " where the ",
                         options_.has_header ? "header" : "first row", " has ", schema_.size()));
    }
    return false;
  }

  void reject(const CsvRecord& record, const std::string& problem) {
    if (!options_.skips_bad_rows) throw_malformed(*file_, record, problem);
    if (skipped_rows_ == 0) first_skipped_ = cat(file_->place(record), ": ", problem);
    ++skipped_rows_;
    context_.count_skipped_rows(1);
  }

  void append(const CsvRecord& record) {
    for (std::size_t column = 0; column < record.fields.size(); ++column) {
      const CsvField& field = record.fields[column];
      if (!field.is_quoted && options_.is_null(field.text)) {
        builder_->append_null(column);
      } else {
        builder_->append_text(column, field.text);
      }
    }
    builder_->end_row();
  }

  void report_skipped_rows() {
    if (skipped_rows_ == 0) return;
    context_.warn("csv.rows_skipped", cat("rows left out: ", skipped_rows_, "; the first: ", first_skipped_),
                  "correct the file, or set on_bad_row: fail to stop at the first such row");
    skipped_rows_ = 0;
  }

  Context& context_;
  Options options_;
  std::vector<InputPath> paths_;
  std::unique_ptr<CsvFile> file_;
  std::size_t file_index_ = 0;
  const CsvRecord* kept_ = nullptr;  ///< of file_, read but not appended yet
  Schema schema_;
  std::optional<BatchBuilder> builder_;
  std::uint64_t skipped_rows_ = 0;
  std::string first_skipped_;
};

Preview preview(const Config& config, Context& context) {
  const CsvExtractor extractor(config, context);
  Preview preview;
  for (const InputPath& path : find_input_files(config.text("path"), context)) {
    preview.reads.push_back(cat("file ", path.shown, " (", human_bytes(InputFile(path).size_bytes()), ")"));
  }
  preview.schema = extractor.schema();
  return preview;
}

}  // namespace

void describe_csv_extractor(Component& component) {
  component.open_extractor = [](const Config& config, Context& context) -> std::unique_ptr<Extractor> {
    return std::make_unique<CsvExtractor>(config, context);
  };
  component.preview = [](const Config& config, const std::vector<Component::InputSchema>&, Context& context) {
    return preview(config, context);
  };
}

}  // namespace osiris::filesystem
