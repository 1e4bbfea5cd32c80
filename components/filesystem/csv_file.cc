#include "filesystem/csv_file.h"

#include <set>

#include "base/error.h"
#include "base/text.h"
#include "filesystem/csv_dialect.h"

namespace osiris::filesystem {

CsvForm::CsvForm(const Config& config)
    : text(config),
      dialect(csv_dialect_with_comments(config)),
      skipped_lines(static_cast<std::uint64_t>(config.integer("skip"))),
      max_row_bytes(config.size("max_row_size")) {
  if (max_row_bytes <= CsvReader::kMaxRecordBytes) return;
  throw Error(ErrorKind::kUser, "config.invalid",
              cat("max_row_size is beyond ", human_bytes(CsvReader::kMaxRecordBytes)),
              "nothing reads such a row");
}

CsvFile::CsvFile(const InputPath& path, const CsvForm& form, Context* context, std::size_t block_bytes)
    : text_(path, form.text, context),
      reader_(
          form.dialect, [this](char* buffer, std::size_t size) { return text_.read(buffer, size); },
          block_bytes, form.max_row_bytes) {
  reader_.skip_lines(form.skipped_lines);
}

RowPlace CsvFile::place(const CsvRecord& record) const {
  return {shown(), record.line, text_.source_offset(record.byte_offset)};
}

std::string CsvFile::original(const CsvRecord& record) const {
  return text_.original(record.byte_offset, record.raw);
}

std::string CsvFile::problem(const CsvRecord& record) const {
  const bool is_text = is_valid_utf8(record.raw);
  return is_text ? std::string(record.problem) : text_.encoding_problem(record.byte_offset, record.raw);
}

void CsvFile::forget_before(std::optional<std::uint64_t> byte_offset) {
  text_.forget_before(byte_offset.value_or(reader_.next_offset()));
}

void throw_malformed(const CsvFile& file, const CsvRecord& record) {
  throw Error(ErrorKind::kData, "csv.malformed",
              cat("malformed row in ", file.place(record).shown(), ": ", file.problem(record)),
              "correct the file, or check delimiter, quote and encoding");
}

std::vector<std::string> read_header(CsvFile& file) {
  const CsvRecord* record = file.next();
  while (record != nullptr && record->is_blank()) record = file.next();
  if (record == nullptr) {
    throw Error(ErrorKind::kData, "csv.no_header", cat("the file has no header: '", file.shown(), "'"),
                "an empty file has no columns");
  }
  if (record->raw.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::kData, "file.encoding",
                cat("the header of '", file.shown(), "' has NUL bytes in it"),
                "the file may be UTF-16: set encoding: utf-16le or utf-16be");
  }
  if (record->is_malformed()) throw_malformed(file, *record);
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const CsvField& field : record->fields) {
    std::string name(field.text);
    if (name.empty()) name = cat("column_", names.size() + 1);
    if (!seen.insert(name).second) {
      throw Error(ErrorKind::kData, "csv.duplicate_column",
                  cat("the header of '", file.shown(), "' names a column twice: '", name, "'"),
                  "rename one of them, or set header: false with skip: 1 and name them in columns");
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace osiris::filesystem
