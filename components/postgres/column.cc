#include "postgres/column.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace osiris::postgres {

namespace {

constexpr std::string_view kFamily = "postgres ";
constexpr std::uint32_t kOidNumber = 26;

/// Types whose binary form is their text: enums and those of extensions are known by this only.
constexpr std::array<std::string_view, 4> kTextSenders = {"enum_send", "citextsend", "namesend", "textsend"};

Carry carry_of(const SourceColumn& column) {
  switch (form_of(column.type_number)) {
    case Form::kBoolean:
      return Carry::kBoolean;
    case Form::kInt2:
      return Carry::kInt16;
    case Form::kInt4:
      return Carry::kInt32;
    case Form::kInt8:
      return Carry::kInt64;
    case Form::kFloat4:
      return Carry::kFloat;
    case Form::kFloat8:
      return Carry::kDouble;
    case Form::kNumeric:
      return Carry::kNumeric;
    case Form::kDate:
      return Carry::kDate;
    case Form::kTime:
      return Carry::kTime;
    case Form::kTimestamp:
    case Form::kTimestampTz:
      return Carry::kTimestamp;
    case Form::kInterval:
      return Carry::kInterval;
    case Form::kUuid:
      return Carry::kUuid;
    case Form::kBytea:
      return Carry::kBytes;
    case Form::kText:
      return Carry::kText;
    case Form::kJsonb:
      return Carry::kJsonb;
    case Form::kOther:
      break;
  }
  if (column.type_number == kOidNumber) return Carry::kUint32;
  return std::ranges::find(kTextSenders, column.send_function) != kTextSenders.end() ? Carry::kText
                                                                                     : Carry::kCast;
}

/// Without bounds, or with more digits than a decimal of ours may declare, a numeric is a text.
LogicalType numeric_type(std::int32_t type_modifier) {
  constexpr int kMostPrecision = 65;
  if (type_modifier < 0) return {TypeId::kText};
  const NumericBounds bounds = numeric_bounds(type_modifier);
  // A scale below zero rounds digits before the point away, one above the precision begins behind zeros.
  const int scale = std::max(bounds.scale, 0);
  const int precision = std::max(bounds.precision - std::min(bounds.scale, 0), scale);
  if (precision > kMostPrecision) return {TypeId::kText};
  return {TypeId::kDecimal, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)};
}

LogicalType logical_type(const SourceColumn& column, Carry carry) {
  switch (carry) {
    case Carry::kBoolean:
      return {TypeId::kBoolean};
    case Carry::kInt16:
      return {TypeId::kInt16};
    case Carry::kInt32:
      return {TypeId::kInt32};
    case Carry::kInt64:
      return {TypeId::kInt64};
    case Carry::kUint32:
      return {TypeId::kUint32};
    case Carry::kFloat:
      return {TypeId::kFloat};
    case Carry::kDouble:
      return {TypeId::kDouble};
    case Carry::kNumeric:
      return numeric_type(column.type_modifier);
    case Carry::kDate:
      return {TypeId::kDate};
    case Carry::kTime:
      return {TypeId::kTime};
    case Carry::kTimestamp:
      return {form_of(column.type_number) == Form::kTimestamp ? TypeId::kTimestamp : TypeId::kTimestampTz};
    case Carry::kInterval:
      return {TypeId::kInterval};
    case Carry::kUuid:
      return {TypeId::kUuid};
    case Carry::kBytes:
      return {TypeId::kBytes};
    case Carry::kJsonb:
      return {TypeId::kJson};
    case Carry::kText:
      return {column.declared == "json" ? TypeId::kJson : TypeId::kText};
    case Carry::kCast:
      break;
  }
  return {TypeId::kText};
}

ColumnPlan planned(const SourceColumn& column, Carry carry) {
  ColumnPlan plan;
  plan.type.name = column.name;
  plan.type.type = logical_type(column, carry);
  plan.type.encoding = carry == Carry::kNumeric ? Encoding::kText : Encoding::kNative;
  plan.type.source_type = cat(kFamily, column.declared);
  plan.type.nullable = column.is_nullable;
  plan.carry = carry;
  const bool is_own_type = carry == Carry::kUint32 || form_of(column.type_number) != Form::kOther;
  plan.wire_number = is_own_type ? column.type_number : kTextNumber;
  plan.wire_modifier = is_own_type ? column.type_modifier : -1;
  return plan;
}

}  // namespace

ColumnPlan plan_column(const SourceColumn& column) { return planned(column, carry_of(column)); }

ColumnPlan plan_text(const SourceColumn& column) {
  ColumnPlan plan = planned(column, Carry::kCast);
  plan.wire_number = kTextNumber;
  plan.wire_modifier = -1;
  return plan;
}

Schema schema_of(const std::vector<ColumnPlan>& plans) {
  Schema schema;
  for (const ColumnPlan& plan : plans) schema.push_back(plan.type);
  return schema;
}

std::string wire_format(const std::vector<ColumnPlan>& plans) {
  std::vector<std::string> types;
  for (const ColumnPlan& plan : plans) types.push_back(cat(plan.wire_number, ":", plan.wire_modifier));
  return cat("postgres copy binary: ", join(types, ","));
}

}  // namespace osiris::postgres
