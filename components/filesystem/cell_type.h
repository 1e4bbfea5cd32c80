#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "filesystem/date_format.h"
#include "table/batch.h"
#include "table/type.h"
#include "table/values.h"

namespace osiris::filesystem {

/// What the texts of one column of a file mean, as the key `types` declares it.
///
/// A name of a type with what it takes in brackets: decimal(12,2); date(%d.%m.%Y), timestamp(…),
/// timestamptz(…) and time(…) with a format; boolean(yes|y, no|n) with the words for true and for false;
/// bytes(hex) or bytes(base64).
class CellType {
 public:
  /// Errors: kUser "config.invalid".
  CellType(const std::string& column, const std::string& declared);

  /// The column as it leaves the extractor: native, but for decimals over 38 digits.
  const ColumnType& column() const { return column_; }
  /// Appends the value to a column of the row under way, unless it does not fit.
  Parsed append(BatchBuilder& builder, std::size_t column, std::string_view text) const;

 private:
  void read_words(const std::string& words);
  Parsed append_boolean(BatchBuilder& builder, std::size_t column, std::string_view text) const;
  Parsed append_date(BatchBuilder& builder, std::size_t column, std::string_view text) const;
  Parsed append_bytes(BatchBuilder& builder, std::size_t column, std::string_view text) const;

  ColumnType column_;
  std::optional<DateFormat> format_;
  std::vector<std::string> true_words_, false_words_;
  bool is_base64_ = false;
};

/// The key `types`: column → type. Errors: kUser "config.invalid".
std::vector<CellType> declared_types(const Json& types);

/// "not a value of type date", with the text where it is short and readable.
std::string describe_misfit(Parsed fit, const LogicalType& type, std::string_view text);

}  // namespace osiris::filesystem
