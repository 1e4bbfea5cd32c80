#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <mysql.h>

#include "component/component.h"
#include "mysql/column.h"
#include "table/batch.h"

namespace osiris::mysql {

/// Turns the server's rows into batches. A value is copied once, with its whole row.
class RowReader {
 public:
  RowReader(const std::vector<ColumnPlan>& plans, ZeroDates zero_dates);

  const Schema& schema() const { return schema_; }
  BatchBuilder& builder() { return builder_; }

  /// Adds a row; its bytes lie from the first value's begin to the last one's end, as libmariadb leaves them.
  /// Errors: kData "value.invalid_utf8", "value.zero_date", "value.malformed" with column and row.
  void append(MYSQL_ROW row, std::span<const unsigned long> lengths);
  /// Warns once for each column whose zero dates became null.
  void report(Context& context) const;

 private:
  void append_converted(std::size_t column, std::string_view value, std::string_view kept);
  void append_date(std::size_t column, std::string_view value, std::string_view kept);
  [[noreturn]] void refuse(std::size_t column, const char* code, const std::string& what,
                           const std::string& hint) const;

  Schema schema_;
  std::vector<Carry> carries_;
  ZeroDates zero_dates_;
  BatchBuilder builder_;
  std::vector<std::uint64_t> zero_date_counts_;
  std::uint64_t row_count_ = 0;
};

/// The bytes of a row between its first value and the end of its last.
std::string_view extent(MYSQL_ROW row, std::span<const unsigned long> lengths);

}  // namespace osiris::mysql
