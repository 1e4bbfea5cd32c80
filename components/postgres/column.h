#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/server_types.h"
#include "table/type.h"

namespace osiris::postgres {

/// What the server says about one column of a result.
struct SourceColumn {
  std::string name;
  std::uint32_t type_number = 0;
  std::int32_t type_modifier = -1;
  std::string declared;       ///< format_type(): "numeric(12,2)", "mood"
  std::string send_function;  ///< what makes the binary form, "enum_send"
  bool is_nullable = true;
};

/// How a column's values get from the wire into a batch.
enum class Carry : std::uint8_t {
  kBoolean,
  kInt16,
  kInt32,
  kInt64,
  kUint32,
  kFloat,
  kDouble,
  kNumeric,  ///< its text is made here
  kDate,
  kTime,
  kTimestamp,
  kInterval,
  kUuid,
  kBytes,
  kText,   ///< the bytes are the text
  kJsonb,  ///< a version and the text
  kCast,   ///< text that the statement asks for by ::text, for only the server can make it
};

struct ColumnPlan {
  ColumnType type;
  Carry carry = Carry::kText;
  std::uint32_t wire_number = 0;  ///< of the type on the wire
  std::int32_t wire_modifier = -1;
};

ColumnPlan plan_column(const SourceColumn& column);
/// A column that arrives as text whatever its type.
ColumnPlan plan_text(const SourceColumn& column);
Schema schema_of(const std::vector<ColumnPlan>& plans);
/// Names the binary form of such rows: "postgres copy binary: 20:-1,25:-1".
std::string wire_format(const std::vector<ColumnPlan>& plans);

}  // namespace osiris::postgres
