#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "sqlite/column.h"
#include "table/batch.h"

namespace osiris::sqlite {

/// A column of a result, and how its values are read.
struct SourceColumn {
  std::string name;
  DeclaredType declared;
  bool is_nullable = true;
};

Schema schema_of(const std::vector<SourceColumn>& columns);

/// Turns the rows of a statement into batches. Each value has a type of its own in SQLite; one that its
/// column's type does not hold exactly is an error, never converted.
class RowReader {
 public:
  explicit RowReader(std::vector<SourceColumn> columns);

  const Schema& schema() const { return schema_; }
  BatchBuilder& builder() { return builder_; }

  /// The bytes of the texts and blobs of the statement's row.
  std::size_t row_bytes(sqlite3_stmt* row) const;
  /// Errors: kData "value.other_type", "value.malformed", "value.out_of_range", "value.invalid_utf8" with
  /// row, column and value.
  void append(sqlite3_stmt* row);

 private:
  void append_value(std::size_t column, sqlite3_stmt* row, int storage);
  void append_text(std::size_t column, sqlite3_stmt* row, int storage);
  void append_real(std::size_t column, sqlite3_stmt* row, int storage);
  void append_decimal(std::size_t column, sqlite3_stmt* row, int storage);
  void append_parsed(std::size_t column, sqlite3_stmt* row, int storage, std::string_view text);
  [[noreturn]] void refuse(std::size_t column, sqlite3_stmt* row, int storage, const char* code,
                           const std::string& what) const;

  std::vector<SourceColumn> columns_;
  Schema schema_;
  BatchBuilder builder_;
  std::uint64_t row_count_ = 0;
};

}  // namespace osiris::sqlite
