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

bool is_string(const LogicalType& type) {
  return type.id == TypeId::kText || type.id == TypeId::kJson || type.id == TypeId::kBytes;
}

bool may_need_quotes(const LogicalType& type) { return is_string(type); }

}  // namespace osiris
