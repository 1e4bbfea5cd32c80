#pragma once

#include <string>
#include <string_view>

#include "load/target_table.h"

namespace osiris::mysql {

/// What the logical type leaves open of a column of the server; TargetColumn::type_number holds it.
enum class ColumnKind : std::uint32_t {
  kPlain,      ///< nothing
  kMediumint,  ///< 24 bits of an integer's 32
  kYear,       ///< 1901 to 2155, and 0
  kBit,        ///< a number as bytes; type_modifier has the count of its bits
  kFloat,      ///< FLOAT and DOUBLE; type_modifier has the fixed decimals, or -1
  kDecimal,    ///< type_modifier is 1 for UNSIGNED
  kChar,       ///< padded with blanks that nobody gets back
  kVarchar,    ///< most_characters counts characters
  kLargeText,  ///< TEXT in its sizes: most_characters counts bytes
  kJson,       ///< text that the server checks
  kListed,     ///< ENUM, SET, INET4, INET6: text that the server checks
  kBinary,     ///< padded with zeros
  kVarbinary,  ///< VARBINARY and BLOB in its sizes
  kGeometry,
  kUnknown,  ///< a type of a plugin that this program has not heard of
};

ColumnKind kind_of(const TargetColumn& column);

/// What of a text column's type_modifier tells that its charset is not utf8mb4.
constexpr std::int32_t kOtherCharset = 1;

/// A column from the server's own words, "decimal(12,2) unsigned", as information_schema.COLUMNS.COLUMN_TYPE
/// has them. Its charset is taken for utf8mb4.
TargetColumn parse_column(std::string name, std::string declared);

/// Whether values travel as bytes and not as text of the connection's charset.
bool is_binary(const TargetColumn& column);

}  // namespace osiris::mysql
