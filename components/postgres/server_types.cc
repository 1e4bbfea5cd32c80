#include "postgres/server_types.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"

namespace osiris::postgres {
namespace {

/// Source: PostgreSQL 15, src/include/catalog/pg_type.dat; these numbers never change.
constexpr std::array<ServerType, 53> kServerTypes{{
    {"boolean", 16, 1000, Form::kBoolean},
    {"bytea", 17, 1001, Form::kBytea},
    {"\"char\"", 18, 1002, Form::kOther},
    {"name", 19, 1003, Form::kOther},
    {"bigint", 20, 1016, Form::kInt8},
    {"smallint", 21, 1005, Form::kInt2},
    {"integer", 23, 1007, Form::kInt4},
    {"regproc", 24, 1008, Form::kOther},
    {"text", kTextNumber, 1009, Form::kText},
    {"oid", 26, 1028, Form::kOther},
    {"json", 114, 199, Form::kText},
    {"xml", 142, 143, Form::kText},
    {"point", 600, 1017, Form::kOther},
    {"lseg", 601, 1018, Form::kOther},
    {"path", 602, 1019, Form::kOther},
    {"box", 603, 1020, Form::kOther},
    {"polygon", 604, 1027, Form::kOther},
    {"line", 628, 629, Form::kOther},
    {"cidr", 650, 651, Form::kOther},
    {"real", 700, 1021, Form::kFloat4},
    {"double precision", 701, 1022, Form::kFloat8},
    {"circle", 718, 719, Form::kOther},
    {"macaddr8", 774, 775, Form::kOther},
    {"money", 790, 791, Form::kOther},
    {"macaddr", 829, 1040, Form::kOther},
    {"inet", 869, 1041, Form::kOther},
    {"character", 1042, 1014, Form::kText},
    {"character varying", 1043, 1015, Form::kText},
    {"date", 1082, 1182, Form::kDate},
    {"time without time zone", 1083, 1183, Form::kTime},
    {"timestamp without time zone", 1114, 1115, Form::kTimestamp},
    {"timestamp with time zone", 1184, 1185, Form::kTimestampTz},
    {"interval", 1186, 1187, Form::kInterval},
    {"time with time zone", 1266, 1270, Form::kOther},
    {"bit", 1560, 1561, Form::kOther},
    {"bit varying", 1562, 1563, Form::kOther},
    {"numeric", 1700, 1231, Form::kNumeric},
    {"regprocedure", 2202, 2207, Form::kOther},
    {"regoper", 2203, 2208, Form::kOther},
    {"regoperator", 2204, 2209, Form::kOther},
    {"regclass", 2205, 2210, Form::kOther},
    {"regtype", 2206, 2211, Form::kOther},
    {"uuid", 2950, 2951, Form::kUuid},
    {"tsvector", 3614, 3643, Form::kOther},
    {"tsquery", 3615, 3645, Form::kOther},
    {"regconfig", 3734, 3735, Form::kOther},
    {"jsonb", 3802, 3807, Form::kJsonb},
    {"int4range", 3904, 3905, Form::kOther},
    {"numrange", 3906, 3907, Form::kOther},
    {"tsrange", 3908, 3909, Form::kOther},
    {"tstzrange", 3910, 3911, Form::kOther},
    {"daterange", 3912, 3913, Form::kOther},
    {"int8range", 3926, 3927, Form::kOther},
}};

constexpr std::int32_t kModifierOffset = 4;  ///< what a length or precision is stored with

/// "timestamp(3) without time zone" -> "timestamp without time zone" and "3".
struct DeclaredWords {
  std::string name, modifier;
  bool is_array = false;
  bool has_fields = false;  ///< "interval year to month"
};

DeclaredWords parse_words(std::string_view declared) {
  DeclaredWords words;
  if (declared.ends_with("[]")) {
    words.is_array = true;
    declared.remove_suffix(2);
  }
  words.name = declared;
  if (declared.starts_with("interval ")) {
    words.has_fields = true;
    const std::size_t digits = std::min(declared.find('('), declared.size());
    words.name = "interval";
    words.modifier = declared.substr(digits).substr(digits < declared.size() ? 1 : 0, 1);
    return words;
  }
  const std::size_t open = declared.find('(');
  const std::size_t close = declared.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return words;
  words.name = declared.substr(0, open);
  words.name += declared.substr(close + 1);
  words.modifier = declared.substr(open + 1, close - open - 1);
  return words;
}

/// The modifier that the words in parentheses make. Which fields an interval has is left out of it.
std::int32_t modifier_of(const DeclaredWords& words, Form form) {
  constexpr std::int32_t kAllFields = 0x7fff << 16, kAllDigits = 0xffff;
  if (words.modifier.empty()) return words.has_fields ? kAllDigits : -1;
  const char* const end = words.modifier.data() + words.modifier.size();
  std::int32_t first = 0, second = 0;
  const auto [at, problem] = std::from_chars(words.modifier.data(), end, first);
  if (problem != std::errc()) return -1;
  if (at != end && *at == ',') std::from_chars(at + 1, end, second);
  switch (form) {
    case Form::kNumeric:
      return (first << 16 | (second & 0x7ff)) + kModifierOffset;
    case Form::kText:
      return first + kModifierOffset;
    case Form::kInterval:
      return (words.has_fields ? 0 : kAllFields) | first;
    default:
      return first;
  }
}

std::int8_t fraction_digits_of(Form form, std::int32_t type_modifier) {
  constexpr int kMost = 6;
  if (type_modifier < 0) return kMost;
  switch (form) {
    case Form::kTime:
    case Form::kTimestamp:
    case Form::kTimestampTz:
      return static_cast<std::int8_t>(std::min(type_modifier, kMost));
    case Form::kInterval:
      return static_cast<std::int8_t>(std::min(type_modifier & 0xffff, kMost));
    default:
      return kMost;
  }
}

LogicalType numeric_type(std::int32_t type_modifier) {
  constexpr int kMostPrecision = 65;
  if (type_modifier < 0) return {TypeId::kDecimal};
  const NumericBounds bounds = numeric_bounds(type_modifier);
  return {TypeId::kDecimal, static_cast<std::uint8_t>(std::min(bounds.precision, kMostPrecision)),
          static_cast<std::uint8_t>(std::clamp(bounds.scale, 0, kMostPrecision))};
}

LogicalType logical_type(const TargetColumn& column) {
  switch (form_of(column.type_number)) {
    case Form::kBoolean:
      return {TypeId::kBoolean};
    case Form::kInt2:
      return {TypeId::kInt16};
    case Form::kInt4:
      return {TypeId::kInt32};
    case Form::kInt8:
      return {TypeId::kInt64};
    case Form::kFloat4:
      return {TypeId::kFloat};
    case Form::kFloat8:
      return {TypeId::kDouble};
    case Form::kNumeric:
      return numeric_type(column.type_modifier);
    case Form::kDate:
      return {TypeId::kDate};
    case Form::kTime:
      return {TypeId::kTime};
    case Form::kTimestamp:
      return {TypeId::kTimestamp};
    case Form::kTimestampTz:
      return {TypeId::kTimestampTz};
    case Form::kInterval:
      return {TypeId::kInterval};
    case Form::kUuid:
      return {TypeId::kUuid};
    case Form::kBytea:
      return {TypeId::kBytes};
    case Form::kJsonb:
      return {TypeId::kJson};
    case Form::kText:
      return {column.declared == "json" ? TypeId::kJson : TypeId::kText};
    case Form::kOther:
      break;
  }
  return {TypeId::kText};
}

/// varchar and char count characters; the other texts have no modifier.
bool has_length(std::uint32_t type_number) { return type_number == 1042 || type_number == 1043; }

}  // namespace

const ServerType* find_server_type(std::uint32_t number) {
  const auto* const found = std::find_if(
      kServerTypes.begin(), kServerTypes.end(),
      [&](const ServerType& type) { return type.number == number || type.array_number == number; });
  return found == kServerTypes.end() ? nullptr : found;
}

const ServerType* find_server_type(std::string_view declared) {
  const DeclaredWords words = parse_words(declared);
  const auto* const found = std::find_if(kServerTypes.begin(), kServerTypes.end(),
                                         [&](const ServerType& type) { return type.name == words.name; });
  return found == kServerTypes.end() ? nullptr : found;
}

std::string_view words_of(const ColumnType& source) {
  constexpr std::string_view kFamily = "postgres ";
  const std::string_view type = source.source_type;
  return type.starts_with(kFamily) ? type.substr(kFamily.size()) : std::string_view();
}

Form form_of(std::uint32_t type_number) {
  const ServerType* const type = find_server_type(type_number);
  return type == nullptr || type->number != type_number ? Form::kOther : type->form;
}

NumericBounds numeric_bounds(std::int32_t type_modifier) {
  const std::int32_t packed = type_modifier - kModifierOffset;
  return {packed >> 16 & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024};
}

void describe_type(TargetColumn& column) {
  column.type = logical_type(column);
  column.fraction_digits = fraction_digits_of(form_of(column.type_number), column.type_modifier);
  if (has_length(column.type_number) && column.type_modifier >= kModifierOffset) {
    column.most_characters = static_cast<std::uint64_t>(column.type_modifier - kModifierOffset);
  }
}

TargetColumn declared_column(std::string name, std::string declared) {
  const ServerType* const type = find_server_type(declared);
  invariant(type != nullptr, "a column that is made has a type that every server has");
  const DeclaredWords words = parse_words(declared);
  TargetColumn column;
  column.name = std::move(name);
  column.declared = std::move(declared);
  column.type_number = words.is_array ? type->array_number : type->number;
  column.type_modifier = modifier_of(words, words.is_array ? Form::kOther : type->form);
  describe_type(column);
  return column;
}

}  // namespace osiris::postgres
