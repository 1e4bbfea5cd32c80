#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "sqlite/column.h"
#include "sqlite/number_text.h"
#include "sqlite/type_verdicts.h"
#include "tests/conformance/places.h"

namespace osiris::sqlite {
namespace {

/// A source's column by the word of a type, "decimal(12,2)".
ColumnType source_named(const std::string& word) {
  ColumnType type;
  type.name = "c";
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    type.type = {static_cast<TypeId>(id)};
    if (to_string(type.type) == word) return type;
  }
  for (const auto& [precision, scale] : {std::pair{12, 2}, {38, 10}, {65, 30}}) {
    type.type = {TypeId::kDecimal, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)};
    if (to_string(type.type) == word) return type;
  }
  ADD_FAILURE() << "no type is called " << word;
  return type;
}

std::string verdict_of(const ColumnType& source, const TargetColumn& target) {
  try {
    const Judgement judgement = passage_of(source, target).judgement;
    const bool must_explain = judgement.verdict == Verdict::kChecked || judgement.verdict == Verdict::kLossy;
    EXPECT_FALSE(must_explain && judgement.reason.empty())
        << to_string(source.type) << " " << target.declared;
    return std::string(to_string(judgement.verdict));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "load.unsupported_type");
    return "–";
  }
}

TEST(SqliteWriteTypes, gives_the_verdicts_of_the_page) {
  std::ifstream page(components_folder() / "sqlite/WRITE_TYPES.md");
  int cases = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = split(line, '|');
    const auto word = [&](std::size_t cell) {
      const std::string_view trimmed = trim(cells[cell]);
      return std::string(trimmed.substr(1, trimmed.size() - 2));
    };
    EXPECT_EQ(verdict_of(source_named(word(1)), declared_column("c", word(2))), trim(cells[3])) << line;
    ++cases;
  }
  EXPECT_GT(cases, 40);
}

TEST(SqliteWriteTypes, makes_columns_that_hold_every_value) {
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    ColumnType source;
    source.type = static_cast<TypeId>(id) == TypeId::kDecimal ? LogicalType{TypeId::kDecimal, 38, 10}
                                                              : LogicalType{static_cast<TypeId>(id)};
    const TargetColumn target = column_for(source, false);
    EXPECT_NE(verdict_of(source, target), "–") << target.declared;
    EXPECT_NE(verdict_of(source, target), "lossy") << target.declared;
  }
}

TEST(SqliteTypes, reads_declarations) {
  EXPECT_EQ(parse_declared(" Decimal (12, 2)").type, (LogicalType{TypeId::kDecimal, 12, 2}));
  EXPECT_EQ(parse_declared("decimal(70,2)").type.id, TypeId::kText);
  EXPECT_EQ(parse_declared("CHARACTER  VARYING(20)").type.id, TypeId::kText);
  EXPECT_EQ(parse_declared("POINT").type.id, TypeId::kText);
  EXPECT_EQ(parse_declared("POINT").affinity, Affinity::kInteger);
  EXPECT_EQ(parse_declared("LONGBLOB").type.id, TypeId::kBytes);
  EXPECT_EQ(parse_declared("STRING").affinity, Affinity::kNumeric);
  EXPECT_EQ(parse_declared("DECIMAL_TEXT(20,0)").affinity, Affinity::kText);
  EXPECT_TRUE(parse_declared("").is_open);
  EXPECT_FALSE(parse_known("whatever"));
}

TEST(SqliteNumbers, counts_the_digits_that_change_the_value) {
  const auto digits = [](const char* text) {
    const auto count = count_digits(text);
    return count ? cat(count->whole, " ", count->fraction, " ", count->significant) : "none";
  };
  EXPECT_EQ(digits("-0012.3400"), "2 2 4");
  EXPECT_EQ(digits("1000"), "4 0 1");
  EXPECT_EQ(digits("0.0010"), "0 3 1");
  EXPECT_EQ(digits("0"), "0 0 0");
  EXPECT_EQ(digits(".5"), "0 1 1");
  EXPECT_EQ(digits("1e5"), "none");
  EXPECT_EQ(digits(""), "none");
  EXPECT_EQ(digits("-"), "none");
  EXPECT_EQ(with_scale("-.5", 2), "-0.50");
  EXPECT_EQ(with_scale("12.000", 0), "12");
  EXPECT_EQ(plain_text(1e21), "1000000000000000000000");
}

}  // namespace
}  // namespace osiris::sqlite
