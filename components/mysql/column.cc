#include "mysql/column.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace osiris::mysql {

namespace {

constexpr unsigned kBinaryCharset = 63;
constexpr unsigned kMostDecimals = 30;  ///< above that a number's decimals are not fixed
constexpr std::uint64_t kUtf8mb4Bytes = 4;
constexpr std::string_view kFamily = "mysql ";

bool has(const SourceColumn& column, unsigned flag) { return (column.flags & flag) != 0; }
bool is_bytes(const SourceColumn& column) { return column.charset == kBinaryCharset; }
bool has_fixed_decimals(const SourceColumn& column) { return column.decimals <= kMostDecimals; }

/// Digits of a decimal: its display width without the point and the sign.
std::uint8_t precision_of(const SourceColumn& column) {
  constexpr std::uint64_t kMostDigits = 65;
  const std::uint64_t point = column.decimals > 0 ? 1 : 0;
  const std::uint64_t sign = has(column, UNSIGNED_FLAG) ? 0 : 1;
  const std::uint64_t digits = column.length - std::min(column.length, point + sign);
  return static_cast<std::uint8_t>(std::clamp<std::uint64_t>(digits, 1, kMostDigits));
}

std::string with_sign(const SourceColumn& column, std::string name) {
  if (has(column, UNSIGNED_FLAG)) name += " unsigned";
  if (has(column, ZEROFILL_FLAG)) name += " zerofill";
  return name;
}

std::string with_length(std::string_view name, std::uint64_t length) { return cat(name, "(", length, ")"); }

std::string with_decimals(std::string_view name, const SourceColumn& column) {
  const bool has_digits = column.decimals > 0 && has_fixed_decimals(column);
  return has_digits ? with_length(name, column.decimals) : std::string(name);
}

std::string with_scale(std::string_view name, const SourceColumn& column) {
  if (!has_fixed_decimals(column)) return std::string(name);
  return cat(name, "(", column.length, ",", column.decimals, ")");
}

/// The server tells all four sizes of TEXT and BLOB as one type; the length tells them apart.
std::string large_object(const SourceColumn& column) {
  struct Size {
    std::string_view prefix;
    std::uint64_t most;
  };
  constexpr std::array<Size, 3> kSizes{{{"tiny", 255}, {"", 65535}, {"medium", 16777215}}};
  const std::uint64_t bytes = is_bytes(column) ? column.length : column.length / kUtf8mb4Bytes;
  const auto* const size = std::ranges::find_if(kSizes, [bytes](const Size& s) { return bytes <= s.most; });
  return cat(size == kSizes.end() ? "long" : size->prefix, is_bytes(column) ? "blob" : "text");
}

std::string string_name(const SourceColumn& column) {
  if (has(column, ENUM_FLAG)) return "enum";
  if (has(column, SET_FLAG)) return "set";
  const bool is_varying = column.type != MYSQL_TYPE_STRING;
  if (is_bytes(column)) return with_length(is_varying ? "varbinary" : "binary", column.length);
  return with_length(is_varying ? "varchar" : "char", column.length / kUtf8mb4Bytes);
}

/// The type as the server would declare it, as far as a result's metadata tells.
std::string declared_type(const SourceColumn& column) {
  if (column.format_name == "json") return "json";
  if (!column.declared.empty()) return column.declared;
  if (!column.type_name.empty()) return column.type_name;
  switch (column.type) {
    case MYSQL_TYPE_TINY:
      return with_sign(column, with_length("tinyint", column.length));
    case MYSQL_TYPE_SHORT:
      return with_sign(column, with_length("smallint", column.length));
    case MYSQL_TYPE_INT24:
      return with_sign(column, with_length("mediumint", column.length));
    case MYSQL_TYPE_LONG:
      return with_sign(column, with_length("int", column.length));
    case MYSQL_TYPE_LONGLONG:
      return with_sign(column, with_length("bigint", column.length));
    case MYSQL_TYPE_FLOAT:
      return with_sign(column, with_scale("float", column));
    case MYSQL_TYPE_DOUBLE:
      return with_sign(column, with_scale("double", column));
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return with_sign(column, cat("decimal(", int{precision_of(column)}, ",", column.decimals, ")"));
    case MYSQL_TYPE_YEAR:
      return with_length("year", column.length);
    case MYSQL_TYPE_BIT:
      return with_length("bit", column.length);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return "date";
    case MYSQL_TYPE_TIME:
      return with_decimals("time", column);
    case MYSQL_TYPE_DATETIME:
      return with_decimals("datetime", column);
    case MYSQL_TYPE_TIMESTAMP:
      return with_decimals("timestamp", column);
    case MYSQL_TYPE_JSON:
      return "json";
    case MYSQL_TYPE_NULL:
      return "null";
    case MYSQL_TYPE_GEOMETRY:
      return "geometry";
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
      return large_object(column);
    default:
      return string_name(column);
  }
}

TypeId integer_type(const SourceColumn& column) {
  const bool is_unsigned = has(column, UNSIGNED_FLAG);
  switch (column.type) {
    case MYSQL_TYPE_TINY:
      return is_unsigned ? TypeId::kUint8 : TypeId::kInt8;
    case MYSQL_TYPE_SHORT:
      return is_unsigned ? TypeId::kUint16 : TypeId::kInt16;
    case MYSQL_TYPE_LONGLONG:
      return is_unsigned ? TypeId::kUint64 : TypeId::kInt64;
    default:
      return is_unsigned ? TypeId::kUint32 : TypeId::kInt32;
  }
}

LogicalType logical_type(const SourceColumn& column) {
  if (column.is_widened_float) return {TypeId::kFloat};
  if (column.format_name == "json") return {TypeId::kJson};
  switch (column.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
      return {integer_type(column)};
    case MYSQL_TYPE_FLOAT:
      return {TypeId::kFloat};
    case MYSQL_TYPE_DOUBLE:
      return {TypeId::kDouble};
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return {TypeId::kDecimal, precision_of(column), static_cast<std::uint8_t>(column.decimals)};
    case MYSQL_TYPE_YEAR:
      return {TypeId::kInt16};
    case MYSQL_TYPE_BIT:
      return {TypeId::kUint64};
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return {TypeId::kDate};
    case MYSQL_TYPE_TIME:
      return {TypeId::kInterval};
    case MYSQL_TYPE_DATETIME:
      return {TypeId::kTimestamp};
    case MYSQL_TYPE_TIMESTAMP:
      return {TypeId::kTimestampTz};
    case MYSQL_TYPE_JSON:
      return {TypeId::kJson};
    case MYSQL_TYPE_GEOMETRY:
      return {TypeId::kBytes};
    case MYSQL_TYPE_NULL:
      return {TypeId::kText};
    default:
      if (column.type_name == "uuid") return {TypeId::kUuid};
      return {is_bytes(column) ? TypeId::kBytes : TypeId::kText};
  }
}

std::uint8_t zero_pad_width(const SourceColumn& column, const LogicalType& type) {
  if (!has(column, ZEROFILL_FLAG)) return 0;
  if (type.id == TypeId::kDecimal) return type.precision;
  const bool is_floating = type.id == TypeId::kFloat || type.id == TypeId::kDouble;
  return is_floating ? std::uint8_t{0}
                     : static_cast<std::uint8_t>(std::min<std::uint64_t>(column.length, 255));
}

PrintStyle print_style(const SourceColumn& column, const LogicalType& type) {
  PrintStyle style;
  style.zero_pad_width = zero_pad_width(column, type);
  const bool is_floating = type.id == TypeId::kFloat || type.id == TypeId::kDouble;
  style.bare_exponent = is_floating;
  if (is_floating && has_fixed_decimals(column))
    style.fraction_digits = static_cast<std::int8_t>(column.decimals);
  style.hide_zone = type.id == TypeId::kTimestampTz;
  const bool has_seconds =
      type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz || type.id == TypeId::kInterval;
  if (has_seconds && column.decimals <= 6) style.fraction_digits = static_cast<std::int8_t>(column.decimals);
  return style;
}

bool may_be_zero_date(const LogicalType& type) {
  return type.id == TypeId::kDate || type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz;
}

Carry carry_of(const SourceColumn& column, const LogicalType& type) {
  if (column.is_widened_float) return Carry::kFloat;
  if (column.type == MYSQL_TYPE_BIT) return Carry::kBit;
  if (column.type == MYSQL_TYPE_GEOMETRY) return Carry::kGeometry;
  if (may_be_zero_date(type)) return Carry::kDate;
  return type.id == TypeId::kText || type.id == TypeId::kJson ? Carry::kText : Carry::kVerbatim;
}

Encoding encoding_of(Carry carry, const LogicalType& type) {
  const bool is_native = carry == Carry::kBit || carry == Carry::kFloat || type.id == TypeId::kBytes;
  return is_native ? Encoding::kNative : Encoding::kText;
}

}  // namespace

SourceColumn source_column(const MYSQL_FIELD& field) {
  const auto attribute = [&field](mariadb_field_attr_t which) {
    MARIADB_CONST_STRING text{nullptr, 0};
    const bool is_there = mariadb_field_attr(&text, &field, which) == 0 && text.str != nullptr;
    return is_there ? std::string(text.str, text.length) : std::string();
  };
  SourceColumn column;
  column.name.assign(field.name, field.name_length);
  column.type = field.type;
  column.length = field.length;
  column.decimals = field.decimals;
  column.charset = field.charsetnr;
  column.flags = field.flags;
  column.type_name = attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
  column.format_name = attribute(MARIADB_FIELD_ATTR_FORMAT_NAME);
  return column;
}

ColumnPlan plan_column(const SourceColumn& column, ZeroDates zero_dates) {
  ColumnPlan plan;
  plan.type.name = column.name;
  plan.type.type = logical_type(column);
  plan.type.source_type = cat(kFamily, declared_type(column));
  plan.type.nullable = !has(column, NOT_NULL_FLAG);
  plan.carry = carry_of(column, plan.type.type);
  if (plan.carry == Carry::kDate && zero_dates == ZeroDates::kText) {
    plan.type.type = {TypeId::kText};
    plan.carry = Carry::kVerbatim;
  }
  if (plan.carry == Carry::kDate && zero_dates == ZeroDates::kNull) plan.type.nullable = true;
  plan.type.style = print_style(column, plan.type.type);
  plan.type.encoding = encoding_of(plan.carry, plan.type.type);
  return plan;
}

bool is_rounded(const SourceColumn& column) {
  return column.type == MYSQL_TYPE_FLOAT && !has_fixed_decimals(column);
}

bool is_zero_date(std::string_view text) {
  constexpr std::size_t kDateWidth = 10;  // 2024-02-29
  if (text.size() < kDateWidth) return false;
  return text.substr(5, 2) == "00" || text.substr(8, 2) == "00" || text.starts_with("0000");
}

std::string to_ewkb(std::string_view geometry) {
  constexpr std::size_t kSridBytes = 4;
  constexpr std::size_t kHeadBytes = 5;  // byte order, type
  constexpr unsigned char kHasSrid = 0x20;
  if (geometry.size() < kSridBytes + kHeadBytes) {
    throw Error(ErrorKind::kData, "value.malformed", "a geometry is shorter than its own head");
  }
  const std::string_view srid = geometry.substr(0, kSridBytes);
  std::string ewkb(geometry.substr(kSridBytes));
  if (srid == std::string_view("\0\0\0\0", kSridBytes)) return ewkb;
  const bool is_little_endian = ewkb[0] == 1;
  char& highest_byte_of_type = ewkb[is_little_endian ? 4 : 1];
  highest_byte_of_type = static_cast<char>(static_cast<unsigned char>(highest_byte_of_type) | kHasSrid);
  std::string ordered(srid);  // the server's own is always little-endian
  if (!is_little_endian) std::ranges::reverse(ordered);
  return ewkb.insert(kHeadBytes, ordered);
}

std::uint64_t to_number(std::string_view big_endian) {
  std::uint64_t number = 0;
  for (const char byte : big_endian) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace osiris::mysql
