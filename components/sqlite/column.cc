#include "sqlite/column.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace osiris::sqlite {

namespace {

constexpr std::int64_t kMostPrecision = 65;

/// "decimal" and "12,2" of " Decimal (12, 2)".
struct Words {
  std::string name;                   ///< in lower case, single blanks
  std::vector<std::int64_t> numbers;  ///< in the parentheses

  explicit Words(std::string_view declared) {
    const std::size_t open = declared.find('(');
    const std::size_t close = declared.find(')', open == std::string_view::npos ? 0 : open);
    std::string words(declared.substr(0, open));
    if (open != std::string_view::npos && close != std::string_view::npos) {
      for (const std::string& number : split(declared.substr(open + 1, close - open - 1), ',')) {
        numbers.push_back(parse_integer(trim(number)).value_or(-1));
      }
      words += declared.substr(close + 1);
    }
    std::vector<std::string> parts;
    for (const std::string& part : split(to_lower(words), ' ')) {
      if (!is_blank(part)) parts.emplace_back(trim(part));
    }
    name = join(parts, " ");
  }
};

struct KnownName {
  std::string_view name;
  TypeId type;
};

constexpr std::array kKnownNames{
    KnownName{"int", TypeId::kInt64},
    KnownName{"integer", TypeId::kInt64},
    KnownName{"tinyint", TypeId::kInt64},
    KnownName{"smallint", TypeId::kInt64},
    KnownName{"mediumint", TypeId::kInt64},
    KnownName{"bigint", TypeId::kInt64},
    KnownName{"int2", TypeId::kInt64},
    KnownName{"int4", TypeId::kInt64},
    KnownName{"int8", TypeId::kInt64},
    KnownName{"unsigned big int", TypeId::kInt64},
    KnownName{"real", TypeId::kDouble},
    KnownName{"double", TypeId::kDouble},
    KnownName{"double precision", TypeId::kDouble},
    KnownName{"float", TypeId::kDouble},
    KnownName{"float4", TypeId::kFloat},
    KnownName{"bool", TypeId::kBoolean},
    KnownName{"boolean", TypeId::kBoolean},
    KnownName{"text", TypeId::kText},
    KnownName{"string", TypeId::kText},
    KnownName{"clob", TypeId::kText},
    KnownName{"char", TypeId::kText},
    KnownName{"varchar", TypeId::kText},
    KnownName{"nchar", TypeId::kText},
    KnownName{"nvarchar", TypeId::kText},
    KnownName{"character", TypeId::kText},
    KnownName{"character varying", TypeId::kText},
    KnownName{"blob", TypeId::kBytes},
    KnownName{"date", TypeId::kDate},
    KnownName{"time", TypeId::kTime},
    KnownName{"datetime", TypeId::kTimestamp},
    KnownName{"timestamp", TypeId::kTimestamp},
    KnownName{"timestamp without time zone", TypeId::kTimestamp},
    KnownName{"timestamptz", TypeId::kTimestampTz},
    KnownName{"timestamp with time zone", TypeId::kTimestampTz},
    KnownName{"interval", TypeId::kInterval},
    KnownName{"json", TypeId::kJson},
    KnownName{"json_text", TypeId::kJson},
    KnownName{"uuid", TypeId::kUuid},
    KnownName{"guid", TypeId::kUuid},
};

bool is_decimal(std::string_view name) {
  return name == "decimal" || name == "numeric" || name == "dec" || name == "decimal_text";
}

/// The rules in SQLite's own order.
Affinity affinity_of(std::string_view declared) {
  const std::string name = to_lower(declared);
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("int")) return Affinity::kInteger;
  if (has("char") || has("clob") || has("text")) return Affinity::kText;
  if (name.empty() || has("blob")) return Affinity::kNone;
  if (has("real") || has("floa") || has("doub")) return Affinity::kReal;
  return Affinity::kNumeric;
}

std::optional<LogicalType> decimal_of(const Words& words) {
  if (!is_decimal(words.name) || words.numbers.empty() || words.numbers.size() > 2) return std::nullopt;
  const std::int64_t precision = words.numbers[0];
  const std::int64_t scale = words.numbers.size() == 2 ? words.numbers[1] : 0;
  if (precision < 1 || precision > kMostPrecision || scale < 0 || scale > precision) return std::nullopt;
  return LogicalType{TypeId::kDecimal, static_cast<std::uint8_t>(precision),
                     static_cast<std::uint8_t>(scale)};
}

}  // namespace

std::optional<DeclaredType> parse_known(std::string_view declared) {
  const Words words(declared);
  DeclaredType type{std::string(trim(declared)), {}, affinity_of(declared), false};
  if (const auto decimal = decimal_of(words)) {
    type.type = *decimal;
    return type;
  }
  const auto* const known = std::ranges::find(kKnownNames, words.name, &KnownName::name);
  if (known == kKnownNames.end()) return std::nullopt;
  type.type.id = known->type;
  return type;
}

DeclaredType parse_declared(std::string_view declared) {
  if (auto known = parse_known(declared)) return *known;
  // VARYING CHARACTER(20), NATIVE CHARACTER, MEDIUMTEXT, LONGBLOB and others by what SQLite makes of them.
  DeclaredType type{std::string(trim(declared)), {}, affinity_of(declared), true};
  if (type.affinity == Affinity::kReal) {
    type.type.id = TypeId::kDouble;
    type.is_open = false;
  } else if (type.affinity == Affinity::kNone && !type.declared.empty()) {
    type.type.id = TypeId::kBytes;
    type.is_open = false;
  } else if (type.affinity == Affinity::kText) {
    type.is_open = false;
  }
  return type;
}

}  // namespace osiris::sqlite
