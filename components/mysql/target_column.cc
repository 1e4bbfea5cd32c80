#include "mysql/target_column.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace osiris::mysql {

namespace {

constexpr std::uint64_t kTinyBytes = 255;
constexpr std::uint64_t kShortBytes = 65'535;
constexpr std::uint64_t kMediumBytes = 16'777'215;

struct Word {
  std::string_view word;
  TypeId type;
  TypeId unsigned_type;
  ColumnKind kind = ColumnKind::kPlain;
  std::uint64_t most = 0;
};

constexpr Word plain(std::string_view word, TypeId type, TypeId unsigned_type,
                     ColumnKind kind = ColumnKind::kPlain) {
  return {word, type, unsigned_type, kind, 0};
}

constexpr Word of_kind(std::string_view word, TypeId type, ColumnKind kind, std::uint64_t most = 0) {
  return {word, type, type, kind, most};
}

/// Source: MariaDB manual, "Data Types"; MySQL manual, chapter 11.
constexpr std::array kWords{
    plain("tinyint", TypeId::kInt8, TypeId::kUint8),
    plain("smallint", TypeId::kInt16, TypeId::kUint16),
    plain("mediumint", TypeId::kInt32, TypeId::kUint32, ColumnKind::kMediumint),
    plain("int", TypeId::kInt32, TypeId::kUint32),
    plain("bigint", TypeId::kInt64, TypeId::kUint64),
    plain("decimal", TypeId::kDecimal, TypeId::kDecimal, ColumnKind::kDecimal),
    plain("float", TypeId::kFloat, TypeId::kFloat, ColumnKind::kFloat),
    plain("double", TypeId::kDouble, TypeId::kDouble, ColumnKind::kFloat),
    of_kind("bit", TypeId::kUint64, ColumnKind::kBit),
    of_kind("year", TypeId::kInt16, ColumnKind::kYear),
    of_kind("date", TypeId::kDate, ColumnKind::kPlain),
    of_kind("time", TypeId::kInterval, ColumnKind::kPlain),
    of_kind("datetime", TypeId::kTimestamp, ColumnKind::kPlain),
    of_kind("timestamp", TypeId::kTimestampTz, ColumnKind::kPlain),
    of_kind("char", TypeId::kText, ColumnKind::kChar, 1),
    of_kind("varchar", TypeId::kText, ColumnKind::kVarchar),
    of_kind("tinytext", TypeId::kText, ColumnKind::kLargeText, kTinyBytes),
    of_kind("text", TypeId::kText, ColumnKind::kLargeText, kShortBytes),
    of_kind("mediumtext", TypeId::kText, ColumnKind::kLargeText, kMediumBytes),
    of_kind("longtext", TypeId::kText, ColumnKind::kLargeText),
    of_kind("json", TypeId::kJson, ColumnKind::kJson),
    of_kind("enum", TypeId::kText, ColumnKind::kListed),
    of_kind("set", TypeId::kText, ColumnKind::kListed),
    of_kind("inet4", TypeId::kText, ColumnKind::kListed),
    of_kind("inet6", TypeId::kText, ColumnKind::kListed),
    of_kind("uuid", TypeId::kUuid, ColumnKind::kPlain),
    of_kind("binary", TypeId::kBytes, ColumnKind::kBinary, 1),
    of_kind("varbinary", TypeId::kBytes, ColumnKind::kVarbinary),
    of_kind("tinyblob", TypeId::kBytes, ColumnKind::kVarbinary, kTinyBytes),
    of_kind("blob", TypeId::kBytes, ColumnKind::kVarbinary, kShortBytes),
    of_kind("mediumblob", TypeId::kBytes, ColumnKind::kVarbinary, kMediumBytes),
    of_kind("longblob", TypeId::kBytes, ColumnKind::kVarbinary),
    of_kind("geometry", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("point", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("linestring", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("polygon", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("multipoint", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("multilinestring", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("multipolygon", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("geometrycollection", TypeId::kBytes, ColumnKind::kGeometry),
    of_kind("geomcollection", TypeId::kBytes, ColumnKind::kGeometry),
};

/// "decimal", {12, 2}, " unsigned" of "decimal(12,2) unsigned"; of a list of texts no numbers.
struct Declared {
  std::string word;
  std::vector<std::int64_t> numbers;
  bool is_unsigned = false;

  explicit Declared(std::string_view text) {
    const std::size_t word_end = std::min(text.find_first_of("( "), text.size());
    word = to_lower(text.substr(0, word_end));
    const std::size_t close = text.rfind(')');
    if (word_end < text.size() && text[word_end] == '(' && close != std::string_view::npos) {
      read_numbers(text.substr(word_end + 1, close - word_end - 1));
    }
    const std::size_t rest = close == std::string_view::npos ? word_end : close;
    is_unsigned = text.find("unsigned", rest) != std::string_view::npos;
  }

  std::int64_t number(std::size_t index, std::int64_t otherwise) const {
    return index < numbers.size() ? numbers[index] : otherwise;
  }

 private:
  void read_numbers(std::string_view list) {
    for (const std::string& item : split(list, ',')) {
      if (const auto number = parse_integer(item)) numbers.push_back(*number);
    }
  }
};

bool keeps_seconds(TypeId type) {
  return type == TypeId::kInterval || type == TypeId::kTimestamp || type == TypeId::kTimestampTz;
}

void read_detail(TargetColumn& column, const Declared& declared) {
  constexpr std::int64_t kDecimalPrecision = 10;
  switch (kind_of(column)) {
    case ColumnKind::kDecimal:
      column.type.precision = static_cast<std::uint8_t>(declared.number(0, kDecimalPrecision));
      column.type.scale = static_cast<std::uint8_t>(declared.number(1, 0));
      column.type_modifier = declared.is_unsigned ? 1 : 0;
      break;
    case ColumnKind::kFloat:
      column.type_modifier = static_cast<std::int32_t>(declared.number(1, -1));
      break;
    case ColumnKind::kBit:
      column.type_modifier = static_cast<std::int32_t>(declared.number(0, 1));
      break;
    case ColumnKind::kChar:
    case ColumnKind::kVarchar:
    case ColumnKind::kBinary:
    case ColumnKind::kVarbinary:
      if (!declared.numbers.empty()) column.most_characters = static_cast<std::uint64_t>(declared.numbers[0]);
      break;
    default:
      if (keeps_seconds(column.type.id)) {
        column.fraction_digits = static_cast<std::int8_t>(declared.number(0, 0));
      }
  }
}

}  // namespace

ColumnKind kind_of(const TargetColumn& column) { return static_cast<ColumnKind>(column.type_number); }

TargetColumn parse_column(std::string name, std::string declared) {
  TargetColumn column;
  column.name = std::move(name);
  const Declared parts(declared);
  const auto* const word = std::ranges::find(kWords, parts.word, &Word::word);
  if (word == kWords.end()) {
    column.type_number = static_cast<std::uint32_t>(ColumnKind::kUnknown);
  } else {
    column.type.id = parts.is_unsigned ? word->unsigned_type : word->type;
    column.type_number = static_cast<std::uint32_t>(word->kind);
    column.most_characters = word->most;
    read_detail(column, parts);
  }
  column.declared = std::move(declared);
  return column;
}

bool is_binary(const TargetColumn& column) {
  return column.type.id == TypeId::kBytes || kind_of(column) == ColumnKind::kBit;
}

}  // namespace osiris::mysql
