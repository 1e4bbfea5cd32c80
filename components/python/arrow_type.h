#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/flat_buffer.h"
#include "table/type.h"

namespace osiris::python {

/// How a column's values lie in Arrow's buffers.
enum class Form { kBits, kFixed, kDecimal, kUuid, kBytes };

/// A type of Arrow's, as Schema.fbs has it.
struct ArrowType {
  std::uint8_t id;  ///< in the union Type
  Form form;
  std::vector<FlatBuffer::Field> numbers{};
  bool has_zone = false;
};

/// The one that holds values of ours.
ArrowType arrow_type(const LogicalType& type);

/// The metadata of a field that names our type.
inline constexpr std::string_view kTypeKey = "osiris:type";
inline constexpr std::uint8_t kSchemaMessage = 1, kRecordBatchMessage = 3;
inline constexpr std::size_t kDecimalWidth = 16, kUuidWidth = 16;

}  // namespace osiris::python
