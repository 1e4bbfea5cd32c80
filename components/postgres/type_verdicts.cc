#include "postgres/type_verdicts.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/text.h"
#include "postgres/server_types.h"

namespace osiris::postgres {
namespace {

Judgement exact() { return {}; }
Judgement widening() { return {Verdict::kWidening, ""}; }
Judgement checked(std::string reason) { return {Verdict::kChecked, std::move(reason)}; }
Judgement lossy(std::string reason) { return {Verdict::kLossy, std::move(reason)}; }
Judgement exact_or_widening(bool is_same) { return is_same ? exact() : widening(); }

/// Any value is tried by its text.
Judgement checked_by_text(const TargetColumn& target) {
  return checked(cat("values that do not read as ", target.declared, " are refused"));
}

/// An integer type of a source, or one of the server's.
struct IntegerType {
  int bits;
  bool is_signed;
  int digits;  ///< of its largest value
};

std::optional<IntegerType> integer_type(TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
      return IntegerType{1, false, 1};
    case TypeId::kInt8:
      return IntegerType{8, true, 3};
    case TypeId::kInt16:
      return IntegerType{16, true, 5};
    case TypeId::kInt32:
      return IntegerType{32, true, 10};
    case TypeId::kInt64:
      return IntegerType{64, true, 19};
    case TypeId::kUint8:
      return IntegerType{8, false, 3};
    case TypeId::kUint16:
      return IntegerType{16, false, 5};
    case TypeId::kUint32:
      return IntegerType{32, false, 10};
    case TypeId::kUint64:
      return IntegerType{64, false, 20};
    case TypeId::kHugeint:
      return IntegerType{128, true, 39};
    default:
      return std::nullopt;
  }
}

Judgement refused_beyond(std::int64_t least, std::int64_t most) {
  return checked(cat("values below ", least, " or above ", most, " are refused"));
}

Judgement judge_integer(const ColumnType& source, const TargetColumn& target) {
  const IntegerType wanted = *integer_type(target.type.id);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() >> (64 - wanted.bits);
  const LogicalType& type = source.type;
  if (type.id == target.type.id) return exact();
  if (const auto given = integer_type(type.id)) {
    const bool fits = given->bits < wanted.bits;
    if (fits) return widening();
    return given->is_signed ? refused_beyond(-most - 1, most)
                            : checked(cat("values above ", most, " are refused"));
  }
  if (type.id == TypeId::kDecimal && type.scale == 0) {
    return type.precision < wanted.digits ? widening() : refused_beyond(-most - 1, most);
  }
  if (type.id == TypeId::kDecimal || is_floating(type.id)) return lossy("digits after the point are rounded");
  return checked_by_text(target);
}

Judgement judge_float(const ColumnType& source, const TargetColumn& target) {
  const bool is_double = target.type.id == TypeId::kDouble;
  const int mantissa_bits = is_double ? 53 : 24;
  const int kept_digits = is_double ? 15 : 6;
  const LogicalType& type = source.type;
  if (type.id == target.type.id) return exact();
  if (type.id == TypeId::kFloat) return widening();
  if (type.id == TypeId::kDouble) return lossy(cat("digits after the ", kept_digits, "th are rounded"));
  const Judgement whole = checked("whole numbers that it does not hold exactly are refused");
  if (const auto given = integer_type(type.id)) return given->bits <= mantissa_bits ? widening() : whole;
  if (type.id == TypeId::kDecimal) {
    if (type.scale > 0) return lossy("a binary fraction only comes near to most decimal ones");
    return type.precision <= kept_digits ? widening() : whole;
  }
  return checked_by_text(target);
}

Judgement judge_numeric(const ColumnType& source, const TargetColumn& target) {
  const LogicalType& type = source.type;
  const auto given = integer_type(type.id);
  const bool is_decimal = type.id == TypeId::kDecimal;
  if (!given && !is_decimal && !is_floating(type.id)) return checked_by_text(target);
  if (target.type_modifier < 0) return widening();
  const NumericBounds bounds = numeric_bounds(target.type_modifier);
  const int scale = is_decimal ? type.scale : 0;
  const int whole = is_decimal ? type.precision - scale : given ? given->digits : 0;
  if (scale > bounds.scale || is_floating(type.id)) {
    return lossy(cat("digits after decimal ", bounds.scale, " are rounded"));
  }
  if (whole > bounds.precision - bounds.scale) {
    return checked(cat("numbers of more than ", std::max(bounds.precision - bounds.scale, 0),
                       " digits before the point are refused"));
  }
  return exact_or_widening(is_decimal && type.precision == bounds.precision && scale == bounds.scale);
}

Judgement judge_boolean(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kBoolean) return exact();
  if (integer_type(source.type.id)) return checked("numbers other than 0 and 1 are refused");
  return checked_by_text(target);
}

/// How many decimals of seconds a source's values have at most.
int fraction_digits(const ColumnType& source) {
  constexpr int kMost = 6;
  const std::string own(words_of(source));
  if (find_server_type(own) != nullptr) return declared_column("", own).fraction_digits;
  return source.style.fraction_digits < 0 ? kMost : source.style.fraction_digits;
}

/// Of two times of the same meaning.
Judgement judge_fraction(const ColumnType& source, const TargetColumn& target) {
  const int given = fraction_digits(source);
  if (given <= target.fraction_digits) return exact_or_widening(given == target.fraction_digits);
  if (target.fraction_digits == 0) return lossy("fractions of seconds are rounded");
  return lossy(cat("decimals of seconds after the first ", int{target.fraction_digits}, " are rounded"));
}

Judgement judge_date(const ColumnType& source, const TargetColumn& target) {
  switch (source.type.id) {
    case TypeId::kDate:
      return exact();
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return lossy("the time of day is lost");
    default:
      return checked_by_text(target);
  }
}

Judgement judge_time(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kTime) return judge_fraction(source, target);
  if (source.type.id != TypeId::kInterval) return checked_by_text(target);
  const Judgement fraction = judge_fraction(source, target);
  return fraction.verdict == Verdict::kLossy ? fraction
                                             : checked("spans below 0 or above 24 hours are refused");
}

Judgement judge_timestamp(const ColumnType& source, const TargetColumn& target) {
  switch (source.type.id) {
    case TypeId::kTimestamp:
      return judge_fraction(source, target);
    case TypeId::kTimestampTz:
      return lossy("that it is an instant is lost; it becomes the time in UTC");
    case TypeId::kDate:
      return widening();
    default:
      return checked_by_text(target);
  }
}

Judgement judge_instant(const ColumnType& source, const TargetColumn& target) {
  const Judgement assumed = checked("times without a zone are taken as UTC");
  switch (source.type.id) {
    case TypeId::kTimestampTz:
      return judge_fraction(source, target);
    case TypeId::kTimestamp: {
      const Judgement fraction = judge_fraction(source, target);
      return fraction.verdict == Verdict::kLossy ? fraction : assumed;
    }
    case TypeId::kDate:
      return assumed;
    default:
      return checked_by_text(target);
  }
}

Judgement judge_interval(const ColumnType& source, const TargetColumn& target) {
  const bool is_interval = source.type.id == TypeId::kInterval;
  if (!is_interval && source.type.id != TypeId::kTime) return checked_by_text(target);
  const bool keeps_all_fields = target.declared == "interval" || target.declared.starts_with("interval(");
  if (!keeps_all_fields) return lossy(cat("fields that ", target.declared, " does not have are lost"));
  const Judgement fraction = judge_fraction(source, target);
  return fraction.verdict == Verdict::kExact && !is_interval ? widening() : fraction;
}

Judgement judge_bytes(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id == TypeId::kBytes) return exact();
  if (is_string(source.type)) return checked("texts other than \\x and hex digits are refused");
  return checked_by_text(target);
}

Judgement judge_jsonb(const ColumnType& source, const TargetColumn& target) {
  if (source.type.id != TypeId::kJson) return checked_by_text(target);
  return checked("kept by meaning, not by spelling; \\u0000 is refused");
}

/// The declared length of a source's text: "mysql varchar(20)"; 0: none.
std::uint64_t declared_characters(const ColumnType& source) {
  const std::string_view type = source.source_type;
  const std::size_t open = type.find("char");
  const std::size_t begin = type.find('(', std::min(open, type.size()));
  if (open == std::string_view::npos || begin == std::string_view::npos) return 0;
  const auto length = parse_integer(type.substr(begin + 1, type.find(')', begin) - begin - 1));
  return static_cast<std::uint64_t>(length.value_or(0));
}

Judgement judge_text(const ColumnType& source, const TargetColumn& target) {
  const TypeId id = source.type.id;
  const bool is_any_text = target.declared == "text" || target.declared.starts_with("character");
  if (target.declared == "json" && id == TypeId::kJson) return exact();
  if (!is_any_text) return checked_by_text(target);
  if (id == TypeId::kBytes) return checked("bytes that are not UTF-8 are refused");
  const std::uint64_t most = target.most_characters;
  const std::uint64_t given = id == TypeId::kText ? declared_characters(source) : 0;
  if (most != 0 && (given == 0 || given > most)) {
    return checked(cat("texts of more than ", counted(most, "character"), " are refused"));
  }
  if (id != TypeId::kText) return widening();
  if (words_of(source).empty()) return checked("texts with a NUL byte are refused");
  return exact_or_widening(given == most);
}

/// The type of the server that takes every value of a source's type.
std::string roomy_type(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kInt8:
    case TypeId::kUint8:
    case TypeId::kInt16:
      return "smallint";
    case TypeId::kUint16:
    case TypeId::kInt32:
      return "integer";
    case TypeId::kUint32:
    case TypeId::kInt64:
      return "bigint";
    case TypeId::kUint64:
      return "numeric(20,0)";
    case TypeId::kHugeint:
      return "numeric(39,0)";
    case TypeId::kFloat:
      return "real";
    case TypeId::kDouble:
      return "double precision";
    case TypeId::kDecimal:
      return cat("numeric(", int{type.precision}, ",", int{type.scale}, ")");
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kDate:
      return "date";
    case TypeId::kTime:
      return "time without time zone";
    case TypeId::kTimestamp:
      return "timestamp without time zone";
    case TypeId::kTimestampTz:
      return "timestamp with time zone";
    case TypeId::kInterval:
      return "interval";
    case TypeId::kJson:
      return "jsonb";
    case TypeId::kBytes:
      return "bytea";
    case TypeId::kUuid:
      return "uuid";
    case TypeId::kText:
      break;
  }
  return "text";
}

}  // namespace

Judgement judge(const ColumnType& source, const TargetColumn& target) {
  const bool is_same = words_of(source) == target.declared;
  if (is_same && find_server_type(target.declared) != nullptr) return exact();
  switch (form_of(target.type_number)) {
    case Form::kBoolean:
      return judge_boolean(source, target);
    case Form::kInt2:
    case Form::kInt4:
    case Form::kInt8:
      return judge_integer(source, target);
    case Form::kFloat4:
    case Form::kFloat8:
      return judge_float(source, target);
    case Form::kNumeric:
      return judge_numeric(source, target);
    case Form::kDate:
      return judge_date(source, target);
    case Form::kTime:
      return judge_time(source, target);
    case Form::kTimestamp:
      return judge_timestamp(source, target);
    case Form::kTimestampTz:
      return judge_instant(source, target);
    case Form::kInterval:
      return judge_interval(source, target);
    case Form::kUuid:
      return source.type.id == TypeId::kUuid ? exact() : checked_by_text(target);
    case Form::kBytea:
      return judge_bytes(source, target);
    case Form::kJsonb:
      return judge_jsonb(source, target);
    case Form::kText:
      return judge_text(source, target);
    case Form::kOther:
      break;
  }
  return checked_by_text(target);
}

TargetColumn column_for(const ColumnType& source, bool is_key) {
  const std::string own(words_of(source));
  const bool is_own = find_server_type(own) != nullptr;
  TargetColumn column = declared_column(source.name, is_own ? own : roomy_type(source.type));
  column.is_nullable = source.nullable && !is_key;
  return column;
}

}  // namespace osiris::postgres
