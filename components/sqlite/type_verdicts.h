#pragma once

#include <cstdint>

#include "load/target_table.h"
#include "sqlite/column.h"
#include "table/type.h"

namespace osiris::sqlite {

/// How a value is handed to SQLite.
enum class Form : std::uint8_t {
  kInteger,  ///< a whole number of 64 bits
  kReal,     ///< a double
  kSingle,   ///< a double that is a float too
  kDecimal,  ///< a number of so many digits: as a number, where the column's affinity makes one of it
  kText,     ///< the value's text
  kWords,    ///< the same, where the affinity would take some texts for numbers
  kParsed,   ///< the same, once it proved to be one of the column's type
  kUtc,      ///< the same, with "+00:00" after it
  kJson,     ///< the same, once it proved to be JSON
  kBytes,    ///< a blob
};

struct Passage {
  Judgement judgement;
  Form form = Form::kText;
};

/// What becomes of a source's values in a column. See WRITE_TYPES.md.
/// Errors: kUser "load.unsupported_type".
Passage passage_of(const ColumnType& source, const TargetColumn& target);

/// The column that create_if_missing makes.
TargetColumn column_for(const ColumnType& source, bool is_key);
/// A column from its declaration.
TargetColumn declared_column(std::string name, std::string_view declared);
/// Of a column that declared_column() gave.
inline Affinity affinity_of(const TargetColumn& column) { return static_cast<Affinity>(column.type_number); }
bool is_open(const TargetColumn& column);

}  // namespace osiris::sqlite
