#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "component/component.h"
#include "filesystem/cell_type.h"
#include "filesystem/csv_file.h"
#include "filesystem/csv_rows.h"
#include "filesystem/file_columns.h"
#include "filesystem/refused_rows.h"
#include "filesystem/text_extractor.h"

namespace osiris::filesystem {

namespace {

struct Options {
  CsvForm form;
  bool has_header, pads_short_rows, cuts_long_rows;
  std::vector<std::string> null_values;

  explicit Options(const Config& config)
      : form(config), has_header(config.boolean("header")), null_values(config.texts("null_values")) {
    const std::string ragged = config.text("ragged");
    pads_short_rows = ragged == "pad" || ragged == "pad_and_cut";
    cuts_long_rows = ragged == "cut" || ragged == "pad_and_cut";
  }

  bool has_ragged_rows() const { return pads_short_rows || cuts_long_rows; }
  /// Whether a field without quotes means NULL.
  bool is_null(std::string_view text) const {
    return std::any_of(null_values.begin(), null_values.end(),
                       [&](const std::string& token) { return token == text; });
  }
};

std::vector<std::string> numbered_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t number = 1; number <= count; ++number) names.push_back(cat("column_", number));
  return names;
}

class CsvExtractor : public Extractor {
 public:
  CsvExtractor(const Config& config, Context& context)
      : context_(context),
        options_(config),
        refused_(config, "csv.rows_skipped", context),
        paths_(find_input_files(config.text("path"), context)) {
    if (const auto bytes = size_of(paths_)) context.expect_total({Total::Unit::kBytes, *bytes});
    open(0);
    if (options_.has_header) {
      names_ = read_header(*file_);
      check_other_headers();
    } else {
      names_ = config.texts("columns");
      has_given_names_ = !names_.empty();
      if (!has_given_names_) number_columns_of_first_row();
    }
    columns_.emplace(names_, options_.has_header ? config.texts("columns") : std::vector<std::string>(),
                     config, "csv text", paths_[0].shown);
    const bool keeps_rows = columns_->are_the_fields() && !options_.has_ragged_rows() &&
                            options_.null_values == std::vector<std::string>{""};
    if (keeps_rows) {
      rows_.emplace(options_.form.dialect, names_.size());
    } else {
      builder_.emplace(columns_->schema());
    }
  }

  const Schema& schema() const override { return columns_->schema(); }

  std::optional<Batch> next() override {
    context_.cancellation().check();
    while (const CsvRecord* record = next_record()) {
      if (!is_row(*record)) continue;
      if (rows_ ? rows_->is_full(record->byte_count) : builder_->is_full(record->byte_count)) {
        kept_ = record;
        return finish_batch();
      }
      if (rows_) {
        rows_->append(*record);
      } else {
        append(*record);
      }
    }
    if ((rows_ ? rows_->row_count() : builder_->row_count()) > 0) return finish_batch();
    refused_.report();
    return std::nullopt;
  }

 private:
  /// The columns come from the first file; the others must agree before a row is read.
  void check_other_headers() {
    for (std::size_t index = 1; index < paths_.size(); ++index) {
      context_.cancellation().check();
      CsvFile other(paths_[index], options_.form, nullptr, CsvFile::kHeaderBytes);
      if (read_header(other) == names_) continue;
      throw Error(ErrorKind::kData, "csv.header_differs",
                  cat("the header of '", other.shown(), "' differs from that of '", file_->shown(), "'"),
                  "read files of different columns in steps of their own");
    }
  }

  void number_columns_of_first_row() {
    kept_ = file_->next();
    while (kept_ == nullptr && open_next()) kept_ = file_->next();
    if (kept_ == nullptr) {
      throw Error(ErrorKind::kData, "csv.no_columns", cat("the file is empty: '", paths_[0].shown, "'"),
                  "without a header the first row tells the columns, or the key columns");
    }
    if (kept_->is_malformed()) throw_malformed(*file_, *kept_);
    names_ = numbered_names(kept_->fields.size());
  }

  void open(std::size_t index) {
    file_ = std::make_unique<CsvFile>(paths_[index], options_.form, &context_);
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
      refuse(record, {"csv.malformed", "", file_->problem(record)});
    } else if (count == names_.size()) {
      if (!is_header_again(record)) return true;
      refuse(record, {"csv.malformed", "", "the header once more"});
    } else if (record.is_blank()) {
      return false;
    } else if (count < names_.size() ? options_.pads_short_rows : options_.cuts_long_rows) {
      return true;
    } else {
      refuse(record, {"csv.malformed", "",
                      cat(count, count == 1 ? " field" : " fields", " where the ", origin_of_names(), " has ",
                          names_.size())});
    }
    return false;
  }

  std::string_view origin_of_names() const {
    if (options_.has_header) return "header";
    return has_given_names_ ? "key columns" : "first row";
  }

  /// Files that were put together keep the header of each. A column alone may hold its own name.
  bool is_header_again(const CsvRecord& record) const {
    if (!options_.has_header || names_.size() < 2 || record.fields[0].text != names_[0]) return false;
    return std::equal(names_.begin(), names_.end(), record.fields.begin(),
                      [](const std::string& name, const CsvField& field) { return name == field.text; });
  }

  void refuse(const CsvRecord& record, const RowProblem& problem) {
    refused_.refuse(file_->place(record), problem, file_->original(record));
  }

  void append(const CsvRecord& record) {
    for (std::size_t column = 0; column < columns_->count(); ++column) {
      const std::size_t index = columns_->field_of(column);
      if (index >= record.fields.size() ||
          (!record.fields[index].is_quoted && options_.is_null(record.fields[index].text))) {
        builder_->append_null(column);
        continue;
      }
      const Parsed fit = columns_->append(*builder_, column, record.fields[index].text);
      if (fit == Parsed::kExact) continue;
      builder_->drop_row();
      return refuse(record, columns_->misfit(fit, column, record.fields[index].text));
    }
    columns_->append_file(*builder_, file_->shown());
    builder_->end_row();
  }

  Batch finish_batch() {
    file_->forget_before(kept_ == nullptr ? std::nullopt : std::optional(kept_->byte_offset));
    return rows_ ? rows_->finish() : builder_->finish();
  }

  Context& context_;
  Options options_;
  RefusedRows refused_;
  std::vector<InputPath> paths_;
  std::unique_ptr<CsvFile> file_;
  std::size_t file_index_ = 0;
  const CsvRecord* kept_ = nullptr;  ///< of file_, read but not appended yet
  std::vector<std::string> names_;   ///< of the fields
  bool has_given_names_ = false;
  std::optional<FileColumns> columns_;
  std::optional<CsvRows> rows_;          ///< of text as it is
  std::optional<BatchBuilder> builder_;  ///< of everything else
};

}  // namespace

void describe_csv_extractor(Component& component) { describe_text_extractor<CsvExtractor>(component); }

}  // namespace osiris::filesystem
