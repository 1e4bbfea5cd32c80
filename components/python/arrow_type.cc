#include "python/arrow_type.h"

namespace osiris::python {

namespace {

constexpr std::uint64_t kMicroseconds = 2;  // of TimeUnit

ArrowType integer(std::uint64_t bits, bool is_signed) {
  return {2, Form::kFixed, {FlatBuffer::number(0, 4, bits), FlatBuffer::number(1, 1, is_signed ? 1 : 0)}};
}

}  // namespace

ArrowType arrow_type(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return {6, Form::kBits};
    case TypeId::kInt8:
      return integer(8, true);
    case TypeId::kInt16:
      return integer(16, true);
    case TypeId::kInt32:
      return integer(32, true);
    case TypeId::kInt64:
      return integer(64, true);
    case TypeId::kUint8:
      return integer(8, false);
    case TypeId::kUint16:
      return integer(16, false);
    case TypeId::kUint32:
      return integer(32, false);
    case TypeId::kUint64:
      return integer(64, false);
    case TypeId::kFloat:
      return {3, Form::kFixed, {FlatBuffer::number(0, 2, 1)}};
    case TypeId::kDouble:
      return {3, Form::kFixed, {FlatBuffer::number(0, 2, 2)}};
    case TypeId::kDecimal:
      if (type.precision > 38) return {5, Form::kBytes};
      return {7,
              Form::kDecimal,
              {FlatBuffer::number(0, 4, type.precision), FlatBuffer::number(1, 4, type.scale),
               FlatBuffer::number(2, 4, 8 * kDecimalWidth)}};
    case TypeId::kDate:
      return {8, Form::kFixed, {FlatBuffer::number(0, 2, 0)}};
    case TypeId::kTime:
      return {9, Form::kFixed, {FlatBuffer::number(0, 2, kMicroseconds), FlatBuffer::number(1, 4, 64)}};
    case TypeId::kTimestamp:
      return {10, Form::kFixed, {FlatBuffer::number(0, 2, kMicroseconds)}};
    case TypeId::kTimestampTz:
      return {10, Form::kFixed, {FlatBuffer::number(0, 2, kMicroseconds)}, true};
    case TypeId::kBytes:
      return {4, Form::kBytes};
    case TypeId::kUuid:
      return {15, Form::kUuid, {FlatBuffer::number(0, 4, kUuidWidth)}};
    case TypeId::kHugeint:
    case TypeId::kInterval:
    case TypeId::kText:
    case TypeId::kJson:
      return {5, Form::kBytes};
  }
  return {5, Form::kBytes};
}

}  // namespace osiris::python
