#include "engine/types.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

duckdb_type physical_type(TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
      return DUCKDB_TYPE_BOOLEAN;
    case TypeId::kInt8:
      return DUCKDB_TYPE_TINYINT;
    case TypeId::kInt16:
      return DUCKDB_TYPE_SMALLINT;
    case TypeId::kInt32:
      return DUCKDB_TYPE_INTEGER;
    case TypeId::kInt64:
      return DUCKDB_TYPE_BIGINT;
    case TypeId::kUint8:
      return DUCKDB_TYPE_UTINYINT;
    case TypeId::kUint16:
      return DUCKDB_TYPE_USMALLINT;
    case TypeId::kUint32:
      return DUCKDB_TYPE_UINTEGER;
    case TypeId::kUint64:
      return DUCKDB_TYPE_UBIGINT;
    case TypeId::kHugeint:
      return DUCKDB_TYPE_HUGEINT;
    case TypeId::kFloat:
      return DUCKDB_TYPE_FLOAT;
    case TypeId::kDouble:
      return DUCKDB_TYPE_DOUBLE;
    case TypeId::kDecimal:
      return DUCKDB_TYPE_DECIMAL;
    case TypeId::kDate:
      return DUCKDB_TYPE_DATE;
    case TypeId::kTime:
      return DUCKDB_TYPE_TIME;
    case TypeId::kTimestamp:
      return DUCKDB_TYPE_TIMESTAMP;
    case TypeId::kTimestampTz:
      return DUCKDB_TYPE_TIMESTAMP_TZ;
    case TypeId::kInterval:
      return DUCKDB_TYPE_INTERVAL;
    case TypeId::kText:
    case TypeId::kJson:
      return DUCKDB_TYPE_VARCHAR;
    case TypeId::kBytes:
      return DUCKDB_TYPE_BLOB;
    case TypeId::kUuid:
      return DUCKDB_TYPE_UUID;
  }
  return DUCKDB_TYPE_VARCHAR;
}

[[noreturn]] void refuse(const std::string& column, std::string_view type) {
  throw Error(ErrorKind::kUser, "engine.unsupported_type",
              cat("column '", column, "' of the query has a nested type: '", type, "'"),
              "cast it to VARCHAR or JSON in the query, or take it apart");
}

LogicalType string_type(duckdb_logical_type type) {
  const bool is_json = take_text(engine_api().logical_type_get_alias(type)) == "JSON";
  return {is_json ? TypeId::kJson : TypeId::kText};
}

LogicalType decimal_type(duckdb_logical_type type) {
  const Api& api = engine_api();
  return {TypeId::kDecimal, api.decimal_width(type), api.decimal_scale(type)};
}

}  // namespace

bool is_carried_as_text(const LogicalType& type) {
  return is_string(type) || (type.id == TypeId::kDecimal && type.precision > 38);
}

Type engine_type(const LogicalType& type) {
  const Api& api = engine_api();
  if (type.id != TypeId::kDecimal) return Type(api.create_logical_type(physical_type(type.id)));
  if (is_carried_as_text(type)) return Type(api.create_logical_type(DUCKDB_TYPE_VARCHAR));
  return Type(api.create_decimal_type(type.precision, type.scale));
}

ResultColumn result_column(std::string name, duckdb_logical_type type) {
  ResultColumn result;
  ColumnType& column = result.column;
  column.name = std::move(name);
  const auto as = [&](TypeId id) {
    column.type = {id};
    return std::move(result);
  };
  switch (engine_api().get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return as(TypeId::kBoolean);
    case DUCKDB_TYPE_TINYINT:
      return as(TypeId::kInt8);
    case DUCKDB_TYPE_SMALLINT:
      return as(TypeId::kInt16);
    case DUCKDB_TYPE_INTEGER:
      return as(TypeId::kInt32);
    case DUCKDB_TYPE_BIGINT:
      return as(TypeId::kInt64);
    case DUCKDB_TYPE_UTINYINT:
      return as(TypeId::kUint8);
    case DUCKDB_TYPE_USMALLINT:
      return as(TypeId::kUint16);
    case DUCKDB_TYPE_UINTEGER:
      return as(TypeId::kUint32);
    case DUCKDB_TYPE_UBIGINT:
      return as(TypeId::kUint64);
    case DUCKDB_TYPE_HUGEINT:
      return as(TypeId::kHugeint);
    case DUCKDB_TYPE_FLOAT:
      return as(TypeId::kFloat);
    case DUCKDB_TYPE_DOUBLE:
      return as(TypeId::kDouble);
    case DUCKDB_TYPE_DATE:
      return as(TypeId::kDate);
    case DUCKDB_TYPE_TIME:
      return as(TypeId::kTime);
    case DUCKDB_TYPE_TIMESTAMP:
      return as(TypeId::kTimestamp);
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return as(TypeId::kTimestampTz);
    case DUCKDB_TYPE_INTERVAL:
      return as(TypeId::kInterval);
    case DUCKDB_TYPE_BLOB:
      return as(TypeId::kBytes);
    case DUCKDB_TYPE_UUID:
      return as(TypeId::kUuid);
    case DUCKDB_TYPE_DECIMAL:
      column.type = decimal_type(type);
      return result;
    case DUCKDB_TYPE_VARCHAR:
      column.type = string_type(type);
      return result;
    case DUCKDB_TYPE_UHUGEINT:
      // 2^128 - 1 has 39 digits, one more than a native decimal.
      column.type = {TypeId::kDecimal, 39, 0};
      column.encoding = Encoding::kText;
      result.cast = "VARCHAR";
      return result;
    case DUCKDB_TYPE_LIST:
      refuse(column.name, "LIST");
    case DUCKDB_TYPE_ARRAY:
      refuse(column.name, "ARRAY");
    case DUCKDB_TYPE_STRUCT:
      refuse(column.name, "STRUCT");
    case DUCKDB_TYPE_MAP:
      refuse(column.name, "MAP");
    case DUCKDB_TYPE_UNION:
      refuse(column.name, "UNION");
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
      column.type = {TypeId::kTimestamp};
      result.cast = "TIMESTAMP";
      return result;
    default:
      // ENUM, BIT, TIME_TZ, nanoseconds, NULL: their text says all that they hold.
      result.cast = "VARCHAR";
      return result;
  }
}

}  // namespace osiris
