#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osiris {

/// What a column's values mean. The physical form of each, in native encoding, is in the comment;
/// it is the layout that DuckDB's vectors have, so that the engine refers to or copies whole columns.
enum class TypeId : std::uint8_t {
  kBoolean,      ///< uint8 0 or 1
  kInt8,         ///< int8
  kInt16,        ///< int16
  kInt32,        ///< int32
  kInt64,        ///< int64
  kUint8,        ///< uint8
  kUint16,       ///< uint16
  kUint32,       ///< uint32
  kUint64,       ///< uint64
  kHugeint,      ///< 128-bit two's complement, low word first
  kFloat,        ///< float
  kDouble,       ///< double
  kDecimal,      ///< precision ≤ 4 int16, ≤ 9 int32, ≤ 18 int64, ≤ 38 hugeint; above 38 only as text
  kDate,         ///< int32 days since 1970-01-01
  kTime,         ///< int64 microseconds since midnight, 0 to 24 h
  kTimestamp,    ///< int64 microseconds since 1970-01-01 00:00:00, no zone
  kTimestampTz,  ///< int64 microseconds since 1970-01-01T00:00:00Z
  kInterval,     ///< Interval; a MySQL TIME is one with days and months 0
  kText,         ///< StringRef, UTF-8
  kJson,         ///< StringRef, UTF-8, the source's own spelling
  kBytes,        ///< StringRef, any bytes
  kUuid,         ///< hugeint with the sign bit flipped
};

struct LogicalType {
  TypeId id = TypeId::kText;
  std::uint8_t precision = 0;  ///< kDecimal only, 1 to 65
  std::uint8_t scale = 0;      ///< kDecimal only

  friend bool operator==(const LogicalType&, const LogicalType&) = default;
};

struct Interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::int64_t microseconds = 0;
};

struct Hugeint {
  std::uint64_t low = 0;
  std::int64_t high = 0;
};

/// How the source prints a value of this column, as far as the logical type leaves it open. A column
/// that comes through a pipeline unchanged is printed so; a computed one has the defaults.
struct PrintStyle {
  std::int8_t fraction_digits =
      -1;  ///< decimals of seconds or of a float, printed always; -1: as many as needed
  std::uint8_t zero_pad_width = 0;  ///< digits to which an integer or decimal is filled with zeros
  bool bare_exponent = false;       ///< floats as MariaDB's my_gcvt prints them: 1e16 and 1e-16, not 1e+16
  bool hide_zone = false;           ///< a kTimestampTz without its "+00:00"

  friend bool operator==(const PrintStyle&, const PrintStyle&) = default;
};

/// How a batch carries a column's values.
enum class Encoding : std::uint8_t {
  kNative,  ///< the physical form of the logical type
  kText,    ///< StringRef holding the value exactly as the source printed it
};

struct ColumnType {
  std::string name;
  LogicalType type;
  Encoding encoding = Encoding::kNative;
  /// The source's name of the type, "mysql decimal(12,2)"; empty for a computed column.
  std::string source_type;
  PrintStyle style;
  bool nullable = true;
};

/// Columns in the order of the query or the file.
using Schema = std::vector<ColumnType>;

/// "bigint", "decimal(12,2)", "timestamp with time zone".
std::string to_string(const LogicalType& type);
/// The type of that name, or nothing. Knows the names that to_string() gives, and int, string, bool and
/// timestamptz.
std::optional<LogicalType> parse_type(std::string_view name);
/// The bytes of one value in native encoding; 16 for text, JSON and bytes. Requires: not a decimal over 38.
std::size_t native_width(const LogicalType& type);
/// Whether values in native encoding are StringRef.
bool is_string(const LogicalType& type);
bool is_floating(TypeId id);
/// Whether a printed value may hold a separator, a quote or a line break.
bool may_need_quotes(const LogicalType& type);

}  // namespace osiris
