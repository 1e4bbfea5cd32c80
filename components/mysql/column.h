#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mysql.h>

#include "table/type.h"

namespace osiris::mysql {

/// What becomes of dates that no calendar has: 0000-00-00, 2024-00-10.
enum class ZeroDates { kNull, kError, kText };

/// What the server says about one column of a result.
struct SourceColumn {
  std::string name;
  enum_field_types type = MYSQL_TYPE_NULL;
  std::uint64_t length = 0;  ///< display width; of text in utf8mb4, four times the characters
  unsigned decimals = 0;     ///< 31 and above: not fixed
  unsigned charset = 0;
  unsigned flags = 0;
  std::string type_name;    ///< "uuid", "inet6", "point": types of the server's plugins; mostly empty
  std::string format_name;  ///< "json" or empty
  std::string declared;     ///< the table's own word, "enum('a','b')"; known where a table is read whole
  /// A FLOAT that is selected as DOUBLE, for as a FLOAT the server prints six digits of it only.
  bool is_widened_float = false;
};

SourceColumn source_column(const MYSQL_FIELD& field);

/// How the bytes that the server sends become a value.
enum class Carry : std::uint8_t {
  kVerbatim,  ///< kept as they are
  kText,      ///< kept as they are, once they proved to be UTF-8
  kDate,      ///< kept as they are, unless they are a zero date
  kBit,       ///< big-endian bytes of a number
  kFloat,     ///< the digits of a double that was a float
  kGeometry,  ///< a spatial reference and WKB
};

struct ColumnPlan {
  ColumnType type;
  Carry carry = Carry::kVerbatim;
};

/// Decides once what a column is and how its values are read. See TYPES.md.
ColumnPlan plan_column(const SourceColumn& column, ZeroDates zero_dates);

/// Whether the server rounds this column's values when it prints them.
bool is_rounded(const SourceColumn& column);

/// Whether a date or timestamp has a year, month or day of zero. Requires: the text is the server's.
bool is_zero_date(std::string_view text);

/// The server's form of a geometry (SRID, then WKB) as EWKB, which has the SRID inside, where it is not 0.
/// Source: MariaDB manual, "WKB and WKT formats"; PostGIS manual, ST_AsEWKB.
/// Errors: kData "value.malformed".
std::string to_ewkb(std::string_view geometry);

/// The number in a BIT column's big-endian bytes.
std::uint64_t to_number(std::string_view big_endian);

}  // namespace osiris::mysql
