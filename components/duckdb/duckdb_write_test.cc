#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/type_verdicts.h"
#include "tests/conformance/places.h"

namespace osiris::duckdb {
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

TEST(DuckDbWriteTypes, gives_the_verdicts_of_the_page) {
  std::ifstream page(components_folder() / "duckdb/WRITE_TYPES.md");
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

TEST(DuckDbWriteTypes, makes_columns_that_hold_every_value) {
  for (auto id = static_cast<int>(TypeId::kBoolean); id <= static_cast<int>(TypeId::kUuid); ++id) {
    ColumnType source;
    source.type = static_cast<TypeId>(id) == TypeId::kDecimal ? LogicalType{TypeId::kDecimal, 38, 10}
                                                              : LogicalType{static_cast<TypeId>(id)};
    const TargetColumn target = column_for(source, false);
    EXPECT_NE(verdict_of(source, target), "–") << target.declared;
    EXPECT_NE(verdict_of(source, target), "lossy") << target.declared;
  }
}

}  // namespace
}  // namespace osiris::duckdb
