#include "duckdb/type_verdicts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace osiris::duckdb {

namespace {

/// TargetColumn::type_number of types whose values we only know as text.
enum class Kind : std::uint32_t { kPlain, kListed, kUnknown };

constexpr std::uint8_t kMostPrecision = 38;

Passage settled(Form form, Verdict verdict, std::string reason = {}) {
  return {{verdict, std::move(reason)}, form};
}
Passage checked(Form form, std::string reason) { return settled(form, Verdict::kChecked, std::move(reason)); }

[[noreturn]] void refuse(const ColumnType& source, const TargetColumn& target) {
  throw Error(ErrorKind::kUser, "load.unsupported_type",
              cat("the column '", source.name, "' of type ", to_string(source.type),
                  " cannot go into a column of type ", target.declared),
              "convert it in the source, or take another column");
}

/// An integer type: its bits without the sign, and the digits of its largest value.
struct IntegerType {
  TypeId id;
  int bits;
  bool is_signed;
  int digits;
};

constexpr std::array kIntegerTypes{
    IntegerType{TypeId::kBoolean, 1, false, 1},  IntegerType{TypeId::kInt8, 7, true, 3},
    IntegerType{TypeId::kInt16, 15, true, 5},    IntegerType{TypeId::kInt32, 31, true, 10},
    IntegerType{TypeId::kInt64, 63, true, 19},   IntegerType{TypeId::kUint8, 8, false, 3},
    IntegerType{TypeId::kUint16, 16, false, 5},  IntegerType{TypeId::kUint32, 32, false, 10},
    IntegerType{TypeId::kUint64, 64, false, 20}, IntegerType{TypeId::kHugeint, 127, true, 39},
};

const IntegerType* integer_type(TypeId id) {
  const auto* const found = std::ranges::find(kIntegerTypes, id, &IntegerType::id);
  return found == kIntegerTypes.end() ? nullptr : found;
}

bool is_number(TypeId id) { return integer_type(id) != nullptr || is_floating(id) || id == TypeId::kDecimal; }

Passage into_integer(const ColumnType& source, const TargetColumn& target) {
  const IntegerType& wanted = *integer_type(target.type.id);
  if (const IntegerType* const given = integer_type(source.type.id)) {
    const bool fits = given->bits <= wanted.bits && (wanted.is_signed || !given->is_signed);
    if (fits) return settled(Form::kParsed, Verdict::kWidening);
    return checked(Form::kParsed, cat("what ", target.declared, " does not hold is refused"));
  }
  if (is_number(source.type.id)) {
    return checked(Form::kParsed, "numbers that are not whole are refused, not rounded");
  }
  if (source.type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kParsed, "what is no whole number is refused");
}

Passage into_floating(const ColumnType& source, const TargetColumn& target) {
  const bool is_single = target.type.id == TypeId::kFloat;
  const int kept_digits = is_single ? 6 : 15;
  const LogicalType& type = source.type;
  if (type.id == TypeId::kFloat) return settled(Form::kParsed, Verdict::kWidening);
  if (type.id == TypeId::kDouble) return checked(Form::kParsed, "what is no value of four bytes is refused");
  if (const IntegerType* const given = integer_type(type.id)) {
    if (given->digits <= kept_digits) return settled(Form::kParsed, Verdict::kWidening);
    return checked(Form::kParsed, "integers that it cannot give back digit by digit are refused");
  }
  if (type.id == TypeId::kDecimal) {
    if (type.precision <= kept_digits) return settled(Form::kParsed, Verdict::kWidening);
    return checked(Form::kParsed, "numbers that it cannot give back digit by digit are refused");
  }
  if (type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kParsed, "what is no number that it gives back is refused");
}

Passage into_decimal(const ColumnType& source, const TargetColumn& target) {
  const LogicalType& type = source.type;
  const LogicalType& wanted = target.type;
  const IntegerType* const integer = integer_type(type.id);
  const bool is_decimal = type.id == TypeId::kDecimal;
  const int scale = is_decimal ? type.scale : 0;
  const int whole = is_decimal ? type.precision - type.scale : integer != nullptr ? integer->digits : 0;
  const bool is_known = is_decimal || integer != nullptr;
  if (is_known && scale <= wanted.scale && whole <= wanted.precision - wanted.scale) {
    return settled(Form::kParsed, Verdict::kWidening);
  }
  if (!is_number(type.id) && type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kParsed, cat("numbers with more than ", wanted.precision - wanted.scale,
                                    " digits before the point or ", int{wanted.scale},
                                    " after it are refused, not rounded"));
}

/// Dates, times, spans, UUIDs and booleans: from each other where nothing is lost, and from text.
Passage into_parsed(const ColumnType& source, const TargetColumn& target) {
  const TypeId from = source.type.id;
  const TypeId into = target.type.id;
  const bool is_moment = into == TypeId::kTimestamp || into == TypeId::kTimestampTz;
  if (from == TypeId::kText) {
    return checked(Form::kParsed, cat("what is no ", to_string(target.type), " is refused"));
  }
  if (is_moment && from == TypeId::kDate) {
    return checked(Form::kParsed, cat("midnight", into == TypeId::kTimestampTz ? " in UTC" : "",
                                      "; years below 1 and above 9999 are refused"));
  }
  if (into == TypeId::kTimestampTz && from == TypeId::kTimestamp) {
    return checked(Form::kParsed, "taken as UTC; years below 1 and above 9999 are refused");
  }
  if (into == TypeId::kTimestamp && from == TypeId::kTimestampTz) {
    return settled(Form::kParsed, Verdict::kLossy,
                   "that it is an instant is lost; it becomes the time in UTC");
  }
  if (into == TypeId::kInterval && from == TypeId::kTime) return settled(Form::kParsed, Verdict::kWidening);
  if (into == TypeId::kTime && from == TypeId::kInterval) {
    return checked(Form::kParsed, "spans below 0 and above 24 hours are refused");
  }
  if (into == TypeId::kBoolean && integer_type(from) != nullptr) {
    return checked(Form::kParsed, "numbers other than 0 and 1 are refused");
  }
  refuse(source, target);
}

Passage into_string(const ColumnType& source, const TargetColumn& target) {
  const TypeId from = source.type.id;
  switch (target.type.id) {
    case TypeId::kBytes:
      if (from != TypeId::kText && from != TypeId::kJson) refuse(source, target);
      return settled(Form::kText, Verdict::kWidening, "the text's UTF-8 bytes");
    case TypeId::kJson:
      if (from != TypeId::kText) refuse(source, target);
      return checked(Form::kText, "what is no JSON is refused");
    default:
      if (from == TypeId::kBytes) return checked(Form::kText, "bytes that are not UTF-8 are refused");
      return settled(Form::kText, Verdict::kWidening);
  }
}

std::optional<LogicalType> decimal_of(std::string_view declared) {
  if (!declared.starts_with("DECIMAL(") || !declared.ends_with(")")) return std::nullopt;
  const auto numbers = split(declared.substr(8, declared.size() - 9), ',');
  if (numbers.size() != 2) return std::nullopt;
  return LogicalType{TypeId::kDecimal, static_cast<std::uint8_t>(parse_integer(trim(numbers[0])).value_or(0)),
                     static_cast<std::uint8_t>(parse_integer(trim(numbers[1])).value_or(0))};
}

struct TypeName {
  std::string_view name;
  TypeId id;
};

/// The engine's names of types that we have ourselves.
constexpr std::array kTypeNames{
    TypeName{"BOOLEAN", TypeId::kBoolean},     TypeName{"TINYINT", TypeId::kInt8},
    TypeName{"SMALLINT", TypeId::kInt16},      TypeName{"INTEGER", TypeId::kInt32},
    TypeName{"BIGINT", TypeId::kInt64},        TypeName{"UTINYINT", TypeId::kUint8},
    TypeName{"USMALLINT", TypeId::kUint16},    TypeName{"UINTEGER", TypeId::kUint32},
    TypeName{"UBIGINT", TypeId::kUint64},      TypeName{"HUGEINT", TypeId::kHugeint},
    TypeName{"FLOAT", TypeId::kFloat},         TypeName{"DOUBLE", TypeId::kDouble},
    TypeName{"DATE", TypeId::kDate},           TypeName{"TIME", TypeId::kTime},
    TypeName{"TIMESTAMP", TypeId::kTimestamp}, TypeName{"TIMESTAMP WITH TIME ZONE", TypeId::kTimestampTz},
    TypeName{"INTERVAL", TypeId::kInterval},   TypeName{"VARCHAR", TypeId::kText},
    TypeName{"JSON", TypeId::kJson},           TypeName{"BLOB", TypeId::kBytes},
    TypeName{"UUID", TypeId::kUuid},
};

std::string declared_for(const LogicalType& type) {
  if (type.id == TypeId::kDecimal) {
    if (type.precision > kMostPrecision) return "VARCHAR";
    return cat("DECIMAL(", int{type.precision}, ",", int{type.scale}, ")");
  }
  return std::string(std::ranges::find(kTypeNames, type.id, &TypeName::id)->name);
}

Kind kind_of(const TargetColumn& target) { return static_cast<Kind>(target.type_number); }

}  // namespace

Passage passage_of(const ColumnType& source, const TargetColumn& target) {
  if (kind_of(target) == Kind::kUnknown) refuse(source, target);
  if (kind_of(target) == Kind::kListed) {
    if (source.type.id != TypeId::kText && integer_type(source.type.id) == nullptr) refuse(source, target);
    return checked(Form::kCast, "values that the column does not know are refused");
  }
  if (source.type == target.type) {
    return settled(
        source.encoding == Encoding::kText && !is_string(source.type) ? Form::kParsed : Form::kSame,
        Verdict::kExact);
  }
  if (is_string(target.type)) return into_string(source, target);
  if (target.type.id == TypeId::kDecimal) return into_decimal(source, target);
  if (is_floating(target.type.id)) return into_floating(source, target);
  if (target.type.id != TypeId::kBoolean && integer_type(target.type.id) != nullptr) {
    return into_integer(source, target);
  }
  return into_parsed(source, target);
}

TargetColumn declared_column(std::string name, std::string declared) {
  TargetColumn column;
  column.name = std::move(name);
  column.declared = std::move(declared);
  if (const auto decimal = decimal_of(column.declared)) {
    column.type = *decimal;
    return column;
  }
  const auto* const known = std::ranges::find(kTypeNames, column.declared, &TypeName::name);
  if (known != kTypeNames.end()) {
    column.type.id = known->id;
  } else {
    const bool is_listed = column.declared.starts_with("ENUM") || column.declared == "UHUGEINT";
    column.type_number = static_cast<std::uint32_t>(is_listed ? Kind::kListed : Kind::kUnknown);
  }
  return column;
}

TargetColumn column_for(const ColumnType& source, bool is_key) {
  TargetColumn column = declared_column(source.name, declared_for(source.type));
  column.is_nullable = source.nullable && !is_key;
  return column;
}

}  // namespace osiris::duckdb
