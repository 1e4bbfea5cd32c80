#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/error.h"
#include "load/table_match.h"
#include "sqlite/type_verdicts.h"
#include "table/batch.h"
#include "table/values.h"

namespace osiris::sqlite {

/// Whether a value can be stored as it is.
enum class Fit : std::uint8_t { kFits, kNull, kMalformed, kOutOfRange, kNotUtf8 };

/// Hands the values of one column to a prepared statement: exactly, or not at all.
class ValueBinder {
 public:
  /// `parameter` counts from 1.
  ValueBinder(const ColumnType& source, const MatchedColumn& match, int parameter);

  std::size_t source() const { return source_; }
  /// The bytes must live until the statement was stepped: those of the batch, or this object's.
  Fit bind(const ColumnView& column, std::size_t row, sqlite3_stmt* statement);
  /// The error for a value that did not fit.
  Error misfit(Fit fit, const ColumnView& column, std::size_t row) const;

 private:
  Fit bind_integer(const ColumnView& column, std::size_t row, sqlite3_stmt* statement);
  Fit bind_real(const ColumnView& column, std::size_t row, sqlite3_stmt* statement);
  Fit bind_decimal(std::string_view text, sqlite3_stmt* statement);
  Fit bind_parsed(std::string_view text, sqlite3_stmt* statement);
  Fit bind_number(std::string_view plain, sqlite3_stmt* statement) const;
  void bind_text(std::string_view text, sqlite3_stmt* statement) const;
  std::string_view text_of(const ColumnView& column, std::size_t row);

  std::size_t source_;
  ColumnType type_;
  TargetColumn target_;
  Form form_;
  int parameter_;
  bool becomes_number_;  ///< the column's affinity makes numbers of texts that look like such
  std::array<char, kMaxPrintedBytes> printed_;
  std::string made_;
};

}  // namespace osiris::sqlite
