#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/target_table.h"

namespace osiris::postgres {

/// What the binary form of a column's values is made from.
enum class Form : std::uint8_t {
  kBoolean,
  kInt2,
  kInt4,
  kInt8,
  kFloat4,
  kFloat8,
  kNumeric,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kInterval,
  kUuid,
  kBytea,
  kText,   ///< the text itself: varchar, enums, json, xml, citext …
  kJsonb,  ///< a version and the text
  kOther,  ///< only the server reads its text: arrays, inet, ranges …
};

/// A type that every server has, of the same number and the same binary form.
struct ServerType {
  std::string_view name;  ///< as the server writes it, without a modifier
  std::uint32_t number, array_number;
  Form form;
};

/// Null for a type of an extension or a user.
const ServerType* find_server_type(std::uint32_t number);
/// By the server's words for it: "numeric(12,2)", "timestamp(3) without time zone", "integer[]".
const ServerType* find_server_type(std::string_view declared);
/// The words of a column that comes from a server like this one: "numeric(12,2)"; empty for any other.
std::string_view words_of(const ColumnType& source);
/// kOther for arrays and whatever is not known.
Form form_of(std::uint32_t type_number);

/// The number for enums and extensions' texts too, which travel as text does.
constexpr std::uint32_t kTextNumber = 25;

/// "numeric(12,2)". Requires: the modifier is one of numeric, not -1.
struct NumericBounds {
  int precision, scale;
};
NumericBounds numeric_bounds(std::int32_t type_modifier);

/// Completes a column whose `declared`, `type_number` and `type_modifier` are known with what they mean.
void describe_type(TargetColumn& column);

/// A column as a CREATE TABLE with these words makes it. Requires: find_server_type(declared) is not null.
TargetColumn declared_column(std::string name, std::string declared);

}  // namespace osiris::postgres
