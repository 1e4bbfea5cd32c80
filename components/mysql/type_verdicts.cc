#include "mysql/type_verdicts.h"

#include <array>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "mysql/target_column.h"
#include "table/wide_integer.h"

namespace osiris::mysql {

namespace {

constexpr std::string_view kFamily = "mysql ";
constexpr std::uint64_t kBytesPerCharacter = 4;
constexpr int kAnyDecimals = std::numeric_limits<int>::max();

enum class Group { kInteger, kDecimal, kFloating, kDate, kMoment, kTime, kSpan, kText, kJson, kBytes, kUuid };

Group group_of(const LogicalType& type) {
  switch (type.id) {
    case TypeId::kDecimal:
      return Group::kDecimal;
    case TypeId::kFloat:
    case TypeId::kDouble:
      return Group::kFloating;
    case TypeId::kDate:
      return Group::kDate;
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return Group::kMoment;
    case TypeId::kTime:
      return Group::kTime;
    case TypeId::kInterval:
      return Group::kSpan;
    case TypeId::kText:
      return Group::kText;
    case TypeId::kJson:
      return Group::kJson;
    case TypeId::kBytes:
      return Group::kBytes;
    case TypeId::kUuid:
      return Group::kUuid;
    default:
      return Group::kInteger;
  }
}

/// Both ends of an integer type; the lower one as its distance below zero.
struct Range {
  Uint128 below_zero = 0, most = 0;

  bool holds(const Range& other) const { return other.below_zero <= below_zero && other.most <= most; }
  friend bool operator==(const Range&, const Range&) = default;
};

Range signed_bits(unsigned bits) { return {Uint128{1} << (bits - 1), (Uint128{1} << (bits - 1)) - 1}; }
Range unsigned_bits(unsigned bits) { return {0, (Uint128{1} << bits) - 1}; }

Range range_of(TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
      return {0, 1};
    case TypeId::kInt8:
      return signed_bits(8);
    case TypeId::kInt16:
      return signed_bits(16);
    case TypeId::kInt32:
      return signed_bits(32);
    case TypeId::kInt64:
      return signed_bits(64);
    case TypeId::kUint8:
      return unsigned_bits(8);
    case TypeId::kUint16:
      return unsigned_bits(16);
    case TypeId::kUint32:
      return unsigned_bits(32);
    case TypeId::kUint64:
      return unsigned_bits(64);
    default:
      return signed_bits(128);
  }
}

Range range_of(const TargetColumn& target) {
  switch (kind_of(target)) {
    case ColumnKind::kMediumint:
      return target.type.id == TypeId::kUint32 ? unsigned_bits(24) : signed_bits(24);
    case ColumnKind::kBit:
      return unsigned_bits(static_cast<unsigned>(target.type_modifier));
    case ColumnKind::kYear:
      return {0, 2155};
    default:
      return range_of(target.type.id);
  }
}

std::string to_text(const Range& range) {
  const std::string lower = cat(static_cast<std::uint64_t>(range.below_zero));
  return cat(range.below_zero == 0 ? "" : "-", lower, " to ", static_cast<std::uint64_t>(range.most));
}

/// Digits that an integer of a type may have.
int digits_of(TypeId id) {
  int digits = 1;
  for (Uint128 left = range_of(id).most; left > 9; left /= 10) ++digits;
  return digits;
}

Passage settled(Verdict verdict, std::string reason = {}) {
  Passage passage;
  passage.judgement = {verdict, std::move(reason)};
  return passage;
}

Passage checked(std::string reason, ValueCheck check) {
  Passage passage = settled(Verdict::kChecked, std::move(reason));
  passage.check = check;
  return passage;
}

/// A source's column, and what the server that it comes from declares it as, where it is one of this family.
struct Source {
  const ColumnType* column;
  std::optional<TargetColumn> origin;
  Group group;

  explicit Source(const ColumnType& type) : column(&type), group(group_of(type.type)) {
    if (type.source_type.starts_with(kFamily)) {
      origin = parse_column(type.name, type.source_type.substr(kFamily.size()));
    }
  }

  const LogicalType& type() const { return column->type; }
  bool is_number() const {
    return group == Group::kInteger || group == Group::kDecimal || group == Group::kFloating;
  }
  /// Whether its dates are such as this family's columns hold: years up to 9999, no infinity.
  bool has_known_years() const { return origin && group_of(origin->type) == group; }
  int fraction_digits() const {
    return column->style.fraction_digits < 0 ? 6 : int{column->style.fraction_digits};
  }
};

bool is_same(const Source& source, const TargetColumn& target) {
  return source.origin && source.origin->declared == target.declared &&
         target.type_modifier == source.origin->type_modifier;
}

[[noreturn]] void refuse(const Source& source, const TargetColumn& target) {
  throw Error(ErrorKind::kUser, "load.unsupported_type",
              cat("a column of type ", to_string(source.type()), " has no way into ", target.declared, ": '",
                  source.column->name, "'"),
              "cast the column in a query, or give the table's column another type");
}

Passage into_integer(const Source& source, const TargetColumn& target) {
  const Range range = range_of(target);
  ValueCheck check;
  check.rule = kind_of(target) == ColumnKind::kYear ? ValueCheck::Rule::kYear : ValueCheck::Rule::kInteger;
  check.least = kind_of(target) == ColumnKind::kYear
                    ? 1901
                    : static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(range.below_zero));
  check.most = static_cast<std::uint64_t>(range.most);
  if (check.rule == ValueCheck::Rule::kYear) {
    if (source.group != Group::kInteger && source.group != Group::kText) refuse(source, target);
    return checked("what is not a year from 1901 to 2155, or 0, is refused", check);
  }
  if (source.group == Group::kInteger) {
    const Range own = source.origin && group_of(source.origin->type) == Group::kInteger
                          ? range_of(*source.origin)
                          : range_of(source.type().id);
    if (own == range) return settled(Verdict::kExact);
    if (range.holds(own)) return settled(Verdict::kWidening);
    return checked(cat("values outside ", to_text(range), " are refused"), check);
  }
  if (!source.is_number() && source.group != Group::kText) refuse(source, target);
  return checked(cat("what is not a whole number from ", to_text(range), " is refused"), check);
}

Passage into_decimal(const Source& source, const TargetColumn& target) {
  if (!source.is_number() && source.group != Group::kText) refuse(source, target);
  const LogicalType& type = target.type;
  const int whole_digits = type.precision - type.scale;
  const bool is_unsigned = target.type_modifier == 1;
  if (source.group == Group::kInteger && digits_of(source.type().id) <= whole_digits &&
      (!is_unsigned || range_of(source.type().id).below_zero == 0)) {
    return settled(Verdict::kWidening);
  }
  const bool is_unsigned_source = source.origin && source.origin->type_modifier == 1;
  if (source.group == Group::kDecimal && (!is_unsigned || is_unsigned_source) &&
      source.type().scale <= type.scale && source.type().precision - source.type().scale <= whole_digits) {
    return settled(source.type() == type ? Verdict::kExact : Verdict::kWidening);
  }
  ValueCheck check;
  check.rule = ValueCheck::Rule::kDecimal;
  check.whole_digits = whole_digits;
  check.fraction_digits = type.scale;
  check.is_unsigned = is_unsigned;
  return checked(cat("numbers with more than ", whole_digits, " digits before the point or ", int{type.scale},
                     " after it are refused, not rounded"),
                 check);
}

Passage into_floating(const Source& source, const TargetColumn& target) {
  if (!source.is_number() && source.group != Group::kText) refuse(source, target);
  const bool is_single = target.type.id == TypeId::kFloat;
  const bool has_fixed_decimals = target.type_modifier >= 0;
  if (is_single && source.type().id == TypeId::kDouble) {
    return settled(Verdict::kLossy, "a float keeps 6 to 9 digits of a double's 15 to 17");
  }
  ValueCheck check;
  check.rule = ValueCheck::Rule::kFloating;
  check.is_single = is_single;
  check.fraction_digits = has_fixed_decimals ? target.type_modifier : kAnyDecimals;
  check.refuses_rounding = source.group != Group::kFloating;
  if (source.group == Group::kInteger) {
    const int exact_digits = is_single ? 7 : 15;  // below 2^24 and 2^53
    if (digits_of(source.type().id) < exact_digits) return settled(Verdict::kWidening);
    return checked("integers that it cannot give back digit by digit are refused", check);
  }
  if (source.group != Group::kFloating) {
    return checked("numbers that it cannot give back digit by digit are refused", check);
  }
  if (has_fixed_decimals) {
    return checked(cat("numbers with more than ", target.type_modifier, " decimals are refused"), check);
  }
  if (source.has_known_years()) {
    return settled(source.type().id == target.type.id ? Verdict::kExact : Verdict::kWidening);
  }
  return checked("NaN and the infinities are refused", check);
}

Passage into_date(const Source& source, const TargetColumn& target) {
  if (source.group == Group::kMoment) return settled(Verdict::kLossy, "the time of day is lost");
  if (source.group != Group::kDate && source.group != Group::kText) refuse(source, target);
  if (source.has_known_years()) return settled(Verdict::kExact);
  ValueCheck check;
  check.rule = ValueCheck::Rule::kDate;
  if (source.group == Group::kText) return checked("what is not a date is refused", check);
  return checked("years below 0 and above 9999 are refused", check);
}

Passage into_moment(const Source& source, const TargetColumn& target) {
  const bool is_epoch = target.type.id == TypeId::kTimestampTz;
  if (source.group != Group::kMoment && source.group != Group::kDate && source.group != Group::kText) {
    refuse(source, target);
  }
  const int own_digits = source.group == Group::kDate ? 0 : source.fraction_digits();
  const bool is_in_range =
      source.has_known_years() && (!is_epoch || source.origin->type.id == TypeId::kTimestampTz);
  if (is_in_range && own_digits <= target.fraction_digits) return settled(Verdict::kWidening);
  ValueCheck check;
  check.rule = ValueCheck::Rule::kTimestamp;
  check.fraction_digits = target.fraction_digits;
  check.is_epoch = is_epoch;
  std::string reason = source.type().id == TypeId::kTimestampTz ? "stored in UTC; " : "";
  if (source.group == Group::kText) reason += "what is no date with a time is refused, and ";
  reason += is_epoch ? "moments before 1970 and after 2038-01-19 03:14:07 are refused"
                     : "years below 0 and above 9999 are refused";
  if (own_digits > target.fraction_digits) {
    reason += cat(", as are seconds with more than ", int{target.fraction_digits}, " decimals");
  }
  return checked(std::move(reason), check);
}

Passage into_time(const Source& source, const TargetColumn& target) {
  const bool is_text = source.group == Group::kText;
  if (!is_text && source.group != Group::kTime && source.group != Group::kSpan) refuse(source, target);
  const bool has_room = source.fraction_digits() <= target.fraction_digits;
  if (source.group == Group::kTime && has_room) return settled(Verdict::kExact);
  if (source.has_known_years() && has_room) return settled(Verdict::kWidening);
  ValueCheck check;
  check.rule = ValueCheck::Rule::kTime;
  check.fraction_digits = target.fraction_digits;
  if (source.group == Group::kTime) {
    return checked(
        cat("times with more than ", int{target.fraction_digits}, " decimals of a second are refused"),
        check);
  }
  return checked(cat("what is not a time of up to 838:59:59, with up to ", int{target.fraction_digits},
                     " decimals, is refused; so are days and months"),
                 check);
}

/// The most characters that a source's values have; nothing where nobody knows.
std::optional<std::uint64_t> most_characters(const Source& source) {
  constexpr std::uint64_t kMostOfNumbersAndTimes = 64;
  switch (source.group) {
    case Group::kText:
      if (!source.origin || source.origin->most_characters == 0) return std::nullopt;
      return source.origin->most_characters;
    case Group::kJson:
    case Group::kBytes:
      return std::nullopt;
    case Group::kUuid:
      return 36;
    case Group::kInteger:
    case Group::kDecimal:
      return std::uint64_t{80};
    default:
      return kMostOfNumbersAndTimes;
  }
}

/// Whether a source pads or drops blanks at a text's end itself, as CHAR does.
bool ignores_end_blanks(const Source& source) {
  const std::string& type = source.column->source_type;
  const std::string_view word = std::string_view(type).substr(std::min(type.find(' ') + 1, type.size()));
  return word.starts_with("char(") || word == "char" || word.starts_with("character(") ||
         word == "character" || word.starts_with("bpchar");
}

Passage into_text(const Source& source, const TargetColumn& target) {
  const ColumnKind kind = kind_of(target);
  if (kind == ColumnKind::kListed || kind == ColumnKind::kUnknown) {
    return settled(Verdict::kChecked, "values that the column does not know are refused");
  }
  ValueCheck check;
  const bool counts_bytes = kind == ColumnKind::kLargeText;
  check.rule = counts_bytes ? ValueCheck::Rule::kBytes : ValueCheck::Rule::kCharacters;
  check.most =
      target.most_characters == 0 ? std::numeric_limits<std::uint32_t>::max() : target.most_characters;
  check.refuses_other_bytes = source.group == Group::kBytes;
  check.refuses_end_blanks =
      kind == ColumnKind::kChar && source.group == Group::kText && !ignores_end_blanks(source);
  const bool is_other_charset = target.type_modifier == kOtherCharset && source.group != Group::kUuid;
  const auto most = most_characters(source);
  const bool is_unlimited = target.most_characters == 0 && source.group != Group::kBytes;
  const bool has_room =
      is_unlimited || (most && *most * (counts_bytes ? kBytesPerCharacter : 1) <= check.most);
  if (has_room && !is_other_charset && !check.refuses_end_blanks) {
    const bool is_alike = source.group == Group::kText && is_unlimited;
    return settled(is_alike ? Verdict::kExact : Verdict::kWidening);
  }
  std::vector<std::string> refused;
  if (!has_room) {
    refused.push_back(cat("more than ", check.most, counts_bytes ? " bytes" : " characters"));
  }
  if (check.refuses_other_bytes) refused.emplace_back("bytes that are not UTF-8");
  if (check.refuses_end_blanks) refused.emplace_back("texts that end in blanks");
  if (is_other_charset) refused.emplace_back("characters that its charset has not");
  return checked(cat(join(refused, ", "), refused.size() == 1 && !has_room ? " are refused" : ": refused"),
                 check);
}

Passage into_bytes(const Source& source, const TargetColumn& target) {
  const ColumnKind kind = kind_of(target);
  if (kind == ColumnKind::kGeometry) {
    if (source.group != Group::kBytes) refuse(source, target);
    return settled(Verdict::kChecked, "what is no EWKB of such a geometry is refused");
  }
  if (source.group != Group::kBytes && source.group != Group::kText && source.group != Group::kJson) {
    refuse(source, target);
  }
  if (target.most_characters == 0) {
    return settled(source.group == Group::kBytes ? Verdict::kExact : Verdict::kWidening,
                   source.group == Group::kBytes ? "" : "the text's UTF-8 bytes");
  }
  ValueCheck check;
  check.rule = ValueCheck::Rule::kBytes;
  check.most = target.most_characters;
  if (kind == ColumnKind::kBinary) {
    check.least = static_cast<std::int64_t>(check.most);
    return checked(cat("what is not ", check.most, " bytes long is refused"), check);
  }
  const auto most = source.group == Group::kBytes && source.origin ? source.origin->most_characters : 0;
  if (most > 0 && most <= check.most) return settled(Verdict::kWidening);
  return checked(cat("more than ", check.most, " bytes are refused"), check);
}

Passage into_json(const Source& source, const TargetColumn& target) {
  if (source.group != Group::kJson && source.group != Group::kText) refuse(source, target);
  return settled(Verdict::kChecked, "what is no JSON is refused");
}

Passage into_uuid(const Source& source, const TargetColumn& target) {
  if (source.group == Group::kUuid) return settled(Verdict::kExact);
  if (source.group != Group::kText) refuse(source, target);
  return settled(Verdict::kChecked, "what is no UUID is refused");
}

Passage judged(const Source& source, const TargetColumn& target) {
  if (is_same(source, target)) return settled(Verdict::kExact);
  switch (group_of(target.type)) {
    case Group::kInteger:
      return into_integer(source, target);
    case Group::kDecimal:
      return into_decimal(source, target);
    case Group::kFloating:
      return into_floating(source, target);
    case Group::kDate:
      return into_date(source, target);
    case Group::kMoment:
      return into_moment(source, target);
    case Group::kTime:
    case Group::kSpan:
      return into_time(source, target);
    case Group::kText:
      return into_text(source, target);
    case Group::kJson:
      return into_json(source, target);
    case Group::kBytes:
      return into_bytes(source, target);
    case Group::kUuid:
      return into_uuid(source, target);
  }
  refuse(source, target);
}

Form form_of(const Source& source, const TargetColumn& target) {
  const ColumnKind kind = kind_of(target);
  const Group into = group_of(target.type);
  const bool is_text = source.column->encoding == Encoding::kText;
  if (kind == ColumnKind::kBit) return Form::kBits;
  if (kind == ColumnKind::kYear) return Form::kYear;
  if (kind == ColumnKind::kGeometry) return Form::kGeometry;
  if (source.type().id == TypeId::kBoolean && into != Group::kText) return Form::kTruth;
  const bool may_have_zone = source.group == Group::kText ||
                             (source.type().id == TypeId::kTimestampTz && !source.column->style.hide_zone);
  if (into == Group::kMoment && may_have_zone && (is_text || source.group == Group::kText)) return Form::kUtc;
  return is_text || is_string(source.type()) ? Form::kVerbatim : Form::kPrinted;
}

/// The declared type for values that come from elsewhere.
std::string declared_for(const ColumnType& source, bool is_key, const ServerTypes& server) {
  constexpr int kMostPrecision = 65;
  constexpr int kMostScale = 30;
  switch (source.type.id) {
    case TypeId::kBoolean:
      return "tinyint(1)";
    case TypeId::kInt8:
      return "tinyint";
    case TypeId::kInt16:
      return "smallint";
    case TypeId::kInt32:
      return "int";
    case TypeId::kInt64:
      return "bigint";
    case TypeId::kUint8:
      return "tinyint unsigned";
    case TypeId::kUint16:
      return "smallint unsigned";
    case TypeId::kUint32:
      return "int unsigned";
    case TypeId::kUint64:
      return "bigint unsigned";
    case TypeId::kHugeint:
      return "decimal(39,0)";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDecimal:
      return cat("decimal(", std::min<int>(source.type.precision, kMostPrecision), ",",
                 std::min<int>(source.type.scale, kMostScale), ")");
    case TypeId::kDate:
      return "date";
    case TypeId::kTime:
      return "time(6)";
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return "datetime(6)";
    case TypeId::kInterval:
      return "varchar(64)";
    case TypeId::kText:
      return is_key ? "varchar(255)" : "longtext";
    case TypeId::kJson:
      return "json";
    case TypeId::kBytes:
      return is_key ? "varbinary(255)" : "longblob";
    case TypeId::kUuid:
      return server.has_uuid ? "uuid" : "char(36)";
  }
  return "longtext";
}

/// Whether a declaration of another server of the family can be made here, and be a key where it is one.
bool can_repeat(const TargetColumn& origin, bool is_key, const ServerTypes& server) {
  constexpr std::uint64_t kMostOfVarchar = 16'000;  // a row has 65,535 bytes, a character up to four
  const ColumnKind kind = kind_of(origin);
  const bool has_list = origin.declared.find('(') != std::string::npos;
  if (kind == ColumnKind::kUnknown) return false;
  if (kind == ColumnKind::kListed) return origin.declared.starts_with("inet") ? server.is_mariadb : has_list;
  if (origin.type.id == TypeId::kUuid) return server.has_uuid;
  const bool is_short = kind == ColumnKind::kChar || kind == ColumnKind::kBinary ||
                        ((kind == ColumnKind::kVarchar || kind == ColumnKind::kVarbinary) && has_list);
  const bool is_string_kind = origin.type.id == TypeId::kText || origin.type.id == TypeId::kBytes;
  if (is_short) {
    constexpr std::uint64_t kMostOfKey = 768;  // of the 3072 bytes that an index takes
    return origin.most_characters > 0 && origin.most_characters <= (is_key ? kMostOfKey : kMostOfVarchar);
  }
  return !is_key || !is_string_kind;
}

}  // namespace

Passage passage_of(const ColumnType& source, const TargetColumn& target) {
  const Source from(source);
  Passage passage = judged(from, target);
  passage.form = form_of(from, target);
  return passage;
}

TargetColumn column_for(const ColumnType& source, bool is_key, const ServerTypes& server) {
  const Source from(source);
  const bool repeats = from.origin && can_repeat(*from.origin, is_key, server);
  TargetColumn column =
      repeats ? *from.origin : parse_column(source.name, declared_for(source, is_key, server));
  column.is_nullable = source.nullable && !is_key;
  return column;
}

}  // namespace osiris::mysql
