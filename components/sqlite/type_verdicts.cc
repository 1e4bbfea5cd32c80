#include "sqlite/type_verdicts.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sqlite {

namespace {

constexpr std::string_view kFamily = "sqlite ";

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

bool is_small_integer(TypeId id) {
  return id == TypeId::kBoolean || (id >= TypeId::kInt8 && id <= TypeId::kInt64) ||
         (id >= TypeId::kUint8 && id <= TypeId::kUint32);
}
bool is_large_integer(TypeId id) { return id == TypeId::kUint64 || id == TypeId::kHugeint; }
bool is_integer(TypeId id) { return is_small_integer(id) || is_large_integer(id); }
bool is_number(TypeId id) { return is_integer(id) || is_floating(id) || id == TypeId::kDecimal; }

/// Digits that an integer of a type may have.
int digits_of(TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
      return 1;
    case TypeId::kInt8:
    case TypeId::kUint8:
      return 3;
    case TypeId::kInt16:
    case TypeId::kUint16:
      return 5;
    case TypeId::kInt32:
    case TypeId::kUint32:
      return 10;
    case TypeId::kInt64:
      return 19;
    case TypeId::kUint64:
      return 20;
    default:
      return 39;
  }
}

/// Whether a source's column is declared like the target's: "sqlite TEXT" into TEXT.
bool is_same_declaration(const ColumnType& source, const TargetColumn& target) {
  return source.source_type.starts_with(kFamily) &&
         to_lower(source.source_type.substr(kFamily.size())) == to_lower(target.declared);
}

Passage into_integer(const ColumnType& source, const TargetColumn& target) {
  const TypeId id = source.type.id;
  if (id == TypeId::kInt64) return settled(Form::kInteger, Verdict::kExact);
  if (is_small_integer(id)) return settled(Form::kInteger, Verdict::kWidening);
  if (is_large_integer(id)) return checked(Form::kInteger, "values beyond 64 bits are refused");
  if (is_number(id)) return checked(Form::kInteger, "numbers that are not whole are refused, not rounded");
  if (id == TypeId::kText) return checked(Form::kInteger, "what is no whole number is refused");
  refuse(source, target);
}

Passage into_boolean(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kBoolean) return settled(Form::kInteger, Verdict::kExact, "1 and 0");
  if (is_integer(source.type.id) || source.type.id == TypeId::kText) {
    return checked(Form::kInteger, "what is neither 0 nor 1, false nor true is refused");
  }
  refuse(source, target);
}

Passage into_real(const ColumnType& source, const TargetColumn& target) {
  const TypeId id = source.type.id;
  const bool is_single = target.type.id == TypeId::kFloat;
  const Form form = is_single ? Form::kSingle : Form::kReal;
  if (is_floating(id)) {
    return checked(form, is_single && id == TypeId::kDouble
                             ? "NaN, and what is no value of four bytes, is refused"
                             : "NaN is refused: SQLite would store NULL");
  }
  const int kept_digits = is_single ? 6 : kRealDigits;
  if (is_integer(id)) {
    if (digits_of(id) <= kept_digits) return settled(form, Verdict::kWidening);
    return checked(form, "integers that it cannot give back digit by digit are refused");
  }
  if (id == TypeId::kDecimal) {
    if (source.type.precision <= kept_digits) return settled(form, Verdict::kWidening);
    return checked(form, "numbers that it cannot give back digit by digit are refused");
  }
  if (id == TypeId::kText) return checked(form, "what is no number that it gives back is refused");
  refuse(source, target);
}

Passage into_decimal(const ColumnType& source, const TargetColumn& target) {
  const LogicalType& type = source.type;
  const LogicalType& wanted = target.type;
  if (!is_number(type.id) && type.id != TypeId::kText) refuse(source, target);
  const int scale = type.id == TypeId::kDecimal ? type.scale : 0;
  const int whole = type.id == TypeId::kDecimal ? type.precision - type.scale : digits_of(type.id);
  const bool is_known = is_integer(type.id) || type.id == TypeId::kDecimal;
  const bool becomes_real = affinity_of(target) != Affinity::kText && affinity_of(target) != Affinity::kNone;
  const bool keeps_all_digits = !becomes_real || (is_known && whole + scale <= kRealDigits);
  if (is_known && keeps_all_digits && scale <= wanted.scale && whole <= wanted.precision - wanted.scale) {
    return settled(Form::kDecimal, type == wanted ? Verdict::kExact : Verdict::kWidening);
  }
  std::string reason =
      cat("numbers with more than ", wanted.precision - wanted.scale, " digits before the point or ",
          int{wanted.scale}, " after it are refused, not rounded");
  if (becomes_real && wanted.precision > kRealDigits) {
    reason = cat("numbers of more than ", kRealDigits, " digits are refused: the column keeps no more; ",
                 "DECIMAL_TEXT(", int{wanted.precision}, ",", int{wanted.scale}, ") does");
  }
  return checked(Form::kDecimal, std::move(reason));
}

Passage into_date(const ColumnType& source, const TargetColumn& target) {
  switch (source.type.id) {
    case TypeId::kDate:
      return checked(Form::kParsed, "years below 1 and above 9999 are refused");
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      refuse(source, target);
    case TypeId::kText:
      return checked(Form::kParsed, "what is no date is refused");
    default:
      refuse(source, target);
  }
}

Passage into_moment(const ColumnType& source, const TargetColumn& target) {
  const std::string years = "years below 1 and above 9999 are refused";
  const bool wants_zone = target.type.id == TypeId::kTimestampTz;
  switch (source.type.id) {
    case TypeId::kTimestampTz:
      if (wants_zone) return checked(Form::kParsed, years);
      return settled(Form::kParsed, Verdict::kLossy,
                     "that it is an instant is lost; it becomes the time in UTC");
    case TypeId::kTimestamp:
      if (wants_zone) return checked(Form::kUtc, cat("taken as UTC; ", years));
      return checked(Form::kParsed, years);
    case TypeId::kDate:
      return checked(wants_zone ? Form::kUtc : Form::kParsed, cat("midnight; ", years));
    case TypeId::kText:
      return checked(Form::kParsed, "what is no date with a time is refused");
    default:
      refuse(source, target);
  }
}

Passage into_time(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kTime) return settled(Form::kText, Verdict::kExact);
  const bool may_fit = source.type.id == TypeId::kText || source.type.id == TypeId::kInterval;
  if (!may_fit) refuse(source, target);
  return checked(Form::kParsed, "what is no time of day is refused");
}

Passage into_interval(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kInterval) return settled(Form::kText, Verdict::kExact);
  if (source.type.id == TypeId::kTime) return settled(Form::kText, Verdict::kWidening);
  if (source.type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kParsed, "what is no span of hours is refused");
}

Passage into_json(const ColumnType& source, const TargetColumn& target) {
  const bool is_safe = affinity_of(target) == Affinity::kText || affinity_of(target) == Affinity::kNone;
  if (source.type.id == TypeId::kJson) {
    if (is_safe) return settled(Form::kText, Verdict::kExact);
    return checked(Form::kWords, "a number that SQLite would spell otherwise is refused");
  }
  if (source.type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kJson, "what is no JSON is refused");
}

Passage into_uuid(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kUuid) return settled(Form::kText, Verdict::kExact);
  if (source.type.id != TypeId::kText) refuse(source, target);
  return checked(Form::kParsed, "what is no UUID is refused");
}

Passage into_bytes(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kBytes) return settled(Form::kBytes, Verdict::kExact);
  if (source.type.id != TypeId::kText && source.type.id != TypeId::kJson) refuse(source, target);
  return settled(Form::kBytes, Verdict::kWidening, "the text's UTF-8 bytes");
}

Passage into_text(const ColumnType& source, const TargetColumn& target) {
  if (affinity_of(target) != Affinity::kText && affinity_of(target) != Affinity::kNone) {
    return checked(Form::kWords, "texts that SQLite would take for numbers are refused");
  }
  if (source.type.id == TypeId::kText) return settled(Form::kText, Verdict::kExact);
  if (source.type.id == TypeId::kBytes) return checked(Form::kText, "bytes that are not UTF-8 are refused");
  return settled(Form::kText, Verdict::kWidening);
}

/// A column that says nothing of its values: each keeps its own type, as far as the affinity lets it.
Passage into_open(const ColumnType& source, const TargetColumn& target) {
  const TypeId id = source.type.id;
  const bool is_numeric = affinity_of(target) != Affinity::kNone;
  if (id == TypeId::kBytes) return settled(Form::kBytes, Verdict::kExact);
  if (is_small_integer(id)) return settled(Form::kInteger, Verdict::kWidening);
  if (is_floating(id)) return checked(Form::kReal, "NaN is refused: SQLite would store NULL");
  if (!is_numeric) return settled(Form::kText, Verdict::kWidening);
  if (is_number(id)) {
    return checked(Form::kDecimal, cat("numbers of more than ", kRealDigits, " digits are refused"));
  }
  return checked(Form::kWords, "texts that SQLite would take for numbers are refused");
}

/// The declaration that takes every value of a type and gives it back.
std::string declared_for(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return "BOOLEAN";
    case TypeId::kUint64:
      return "DECIMAL_TEXT(20,0)";
    case TypeId::kHugeint:
      return "DECIMAL_TEXT(39,0)";
    case TypeId::kFloat:
      return "FLOAT4";
    case TypeId::kDouble:
      return "DOUBLE";
    case TypeId::kDecimal:
      return cat(type.precision <= kRealDigits ? "DECIMAL(" : "DECIMAL_TEXT(", int{type.precision}, ",",
                 int{type.scale}, ")");
    case TypeId::kDate:
      return "DATE";
    case TypeId::kTime:
      return "TIME";
    case TypeId::kTimestamp:
      return "TIMESTAMP";
    case TypeId::kTimestampTz:
      return "TIMESTAMPTZ";
    case TypeId::kInterval:
      return "INTERVAL";
    case TypeId::kText:
      return "TEXT";
    case TypeId::kJson:
      return "JSON_TEXT";
    case TypeId::kBytes:
      return "BLOB";
    case TypeId::kUuid:
      return "UUID";
    default:
      return "INTEGER";
  }
}

}  // namespace

bool is_open(const TargetColumn& column) { return parse_declared(column.declared).is_open; }

Passage passage_of(const ColumnType& source, const TargetColumn& target) {
  if (is_open(target)) return into_open(source, target);
  Passage passage = [&] {
    switch (target.type.id) {
      case TypeId::kInt64:
        return into_integer(source, target);
      case TypeId::kBoolean:
        return into_boolean(source, target);
      case TypeId::kFloat:
      case TypeId::kDouble:
        return into_real(source, target);
      case TypeId::kDecimal:
        return into_decimal(source, target);
      case TypeId::kDate:
        return into_date(source, target);
      case TypeId::kTime:
        return into_time(source, target);
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return into_moment(source, target);
      case TypeId::kInterval:
        return into_interval(source, target);
      case TypeId::kJson:
        return into_json(source, target);
      case TypeId::kUuid:
        return into_uuid(source, target);
      case TypeId::kBytes:
        return into_bytes(source, target);
      default:
        return into_text(source, target);
    }
  }();
  // What this family read out of such a column goes into one as it is; the check costs nothing and stays.
  if (passage.judgement.verdict == Verdict::kChecked && is_same_declaration(source, target)) {
    passage.judgement = {};
  }
  return passage;
}

TargetColumn declared_column(std::string name, std::string_view declared) {
  const DeclaredType type = parse_declared(declared);
  TargetColumn column;
  column.name = std::move(name);
  column.declared = type.declared;
  column.type = type.type;
  column.type_number = static_cast<std::uint32_t>(type.affinity);
  return column;
}

TargetColumn column_for(const ColumnType& source, bool is_key) {
  const bool is_own = source.source_type.starts_with(kFamily) && source.source_type != "sqlite any";
  TargetColumn column = declared_column(
      source.name, is_own ? source.source_type.substr(kFamily.size()) : declared_for(source.type));
  column.is_nullable = source.nullable && !is_key;
  return column;
}

}  // namespace osiris::sqlite
