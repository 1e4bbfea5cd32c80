#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/csv.h"
#include "table/batch.h"

namespace osiris::filesystem {

/// The wire of rows that are written as CSV with LF, quotes only where they are needed, and nothing for NULL.
std::string csv_wire_format(CsvDialect dialect);

/// Gathers records whose fields all are text into batches that keep the records as they were written: a
/// writer of the same dialect takes them whole, and the columns are made when somebody asks for one.
class CsvRows {
 public:
  CsvRows(CsvDialect dialect, std::size_t column_count);
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;
  ~CsvRows();

  /// A record of `column_count` fields, of which an empty one without quotes is NULL.
  void append(const CsvRecord& record);
  std::size_t row_count() const;
  /// Whether a record of that size belongs into another batch.
  bool is_full(std::size_t next_row_bytes) const;
  /// Hands the rows over and starts anew. Requires: row_count() > 0.
  Batch finish();

 private:
  class Rows;

  CsvDialect dialect_;
  std::size_t column_count_;
  std::string format_;
  std::shared_ptr<Rows> rows_;
};

}  // namespace osiris::filesystem
