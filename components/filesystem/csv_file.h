#pragma once

#include <optional>
#include <string>
#include <vector>

#include "filesystem/input_text.h"
#include "filesystem/refused_rows.h"
#include "format/csv.h"

namespace osiris::filesystem {

/// How a step's files are written.
struct CsvForm {
  TextForm text;
  CsvDialect dialect;
  std::uint64_t skipped_lines;
  std::size_t max_row_bytes;

  /// Errors: kUser "config.invalid".
  explicit CsvForm(const Config& config);
};

/// A CSV file that is being read.
class CsvFile {
 public:
  /// Enough for a header.
  static constexpr std::size_t kHeaderBytes = std::size_t{16} << 10;

  CsvFile(const InputPath& path, const CsvForm& form, Context* context,
          std::size_t block_bytes = CsvReader::kBlockBytes);
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  const std::string& shown() const { return text_.shown(); }
  const CsvRecord* next() { return reader_.next(); }
  /// Where a record is in the file, and its bytes there. Requires: not before what was forgotten.
  RowPlace place(const CsvRecord& record) const;
  std::string original(const CsvRecord& record) const;
  /// Why a malformed record is malformed.
  std::string problem(const CsvRecord& record) const;
  /// Says that no record before this offset will be asked for; nothing: only those to come.
  void forget_before(std::optional<std::uint64_t> byte_offset);

 private:
  InputText text_;
  CsvReader reader_;
};

/// Errors: kData "csv.malformed".
[[noreturn]] void throw_malformed(const CsvFile& file, const CsvRecord& record);

/// Reads a file's header; blank lines above it are passed over. A column without a name is called by its
/// number.
/// Errors: kData "csv.no_header", "csv.malformed", "csv.duplicate_column", "file.encoding".
std::vector<std::string> read_header(CsvFile& file);

}  // namespace osiris::filesystem
