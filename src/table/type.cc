#include "table/type.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

std::string to_string(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt8:
      return "tinyint";
    case TypeId::kInt16:
      return "smallint";
    case TypeId::kInt32:
      return "integer";
    case TypeId::kInt64:
      return "bigint";
    case TypeId::kUint8:
      return "tinyint unsigned";
    case TypeId::kUint16:
      return "smallint unsigned";
    case TypeId::kUint32:
      return "integer unsigned";
    case TypeId::kUint64:
      return "bigint unsigned";
    case TypeId::kHugeint:
      return "hugeint";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDecimal:
      return cat("decimal(", int{type.precision}, ",", int{type.scale}, ")");
    case TypeId::kDate:
      return "date";
    case TypeId::kTime:
      return "time";
    case TypeId::kTimestamp:
      return "timestamp";
    case TypeId::kTimestampTz:
      return "timestamp with time zone";
    case TypeId::kInterval:
      return "interval";
    case TypeId::kText:
      return "text";
    case TypeId::kJson:
      return "json";
    case TypeId::kBytes:
      return "bytes";
    case TypeId::kUuid:
      return "uuid";
  }
  return "text";
}

namespace {

/// The numbers of "12,2".
std::optional<LogicalType> parse_decimal(std::string_view numbers) {
  constexpr std::int64_t kMostDigits = 65;
  const std::size_t comma = numbers.find(',');
  const auto precision = parse_integer(trim(numbers.substr(0, comma)));
  const auto scale = comma == std::string_view::npos ? std::optional<std::int64_t>(0)
                                                     : parse_integer(trim(numbers.substr(comma + 1)));
  if (!precision || !scale || *precision < 1 || *precision > kMostDigits || *scale < 0 || *scale > *precision)
    return std::nullopt;
  return LogicalType{TypeId::kDecimal, static_cast<std::uint8_t>(*precision),
                     static_cast<std::uint8_t>(*scale)};
}

}  // namespace

std::optional<LogicalType> parse_type(std::string_view name) {
  constexpr std::string_view kDecimal = "decimal(";
  if (name.starts_with(kDecimal) && name.ends_with(')'))
    return parse_decimal(name.substr(kDecimal.size(), name.size() - kDecimal.size() - 1));
  if (name == "int") return LogicalType{TypeId::kInt32};
  if (name == "string") return LogicalType{TypeId::kText};
  if (name == "bool") return LogicalType{TypeId::kBoolean};
  if (name == "timestamptz") return LogicalType{TypeId::kTimestampTz};
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    const LogicalType type{static_cast<TypeId>(id)};
    if (type.id != TypeId::kDecimal && to_string(type) == name) return type;
  }
  return std::nullopt;
}

std::size_t native_width(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kBoolean:
    case TypeId::kInt8:
    case TypeId::kUint8:
      return 1;
    case TypeId::kInt16:
    case TypeId::kUint16:
      return 2;
    case TypeId::kInt32:
    case TypeId::kUint32:
    case TypeId::kFloat:
    case TypeId::kDate:
      return 4;
    case TypeId::kInt64:
    case TypeId::kUint64:
    case TypeId::kDouble:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return 8;
    case TypeId::kDecimal:
      invariant(type.precision <= 38, "a decimal in native encoding has at most 38 digits");
      return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16;
    case TypeId::kHugeint:
    case TypeId::kInterval:
    case TypeId::kText:
    case TypeId::kJson:
    case TypeId::kBytes:
    case TypeId::kUuid:
      return 16;
  }
  return 16;
}

bool is_floating(TypeId id) { return id == TypeId::kFloat || id == TypeId::kDouble; }

bool is_string(const LogicalType& type) {
  return type.id == TypeId::kText || type.id == TypeId::kJson || type.id == TypeId::kBytes;
}

bool may_need_quotes(const LogicalType& type) { return is_string(type); }

}  // namespace osiris
