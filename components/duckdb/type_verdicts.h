#pragma once

#include <cstdint>

#include "load/target_table.h"
#include "table/type.h"

namespace osiris::duckdb {

/// How a value becomes one of its column.
enum class Form : std::uint8_t {
  kSame,    ///< it is one
  kText,    ///< its text is
  kParsed,  ///< its text is read as one, exactly or not at all
  kCast,    ///< the engine casts its text, which fails where it is none
};

struct Passage {
  Judgement judgement;
  Form form = Form::kSame;
};

/// What becomes of a source's values in a column. See WRITE_TYPES.md.
/// Errors: kUser "load.unsupported_type".
Passage passage_of(const ColumnType& source, const TargetColumn& target);

/// The column that create_if_missing makes.
TargetColumn column_for(const ColumnType& source, bool is_key);
/// A column from the engine's own words, "DECIMAL(12,2)".
TargetColumn declared_column(std::string name, std::string declared);

}  // namespace osiris::duckdb
