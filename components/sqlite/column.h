#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "load/target_table.h"
#include "table/type.h"

namespace osiris::sqlite {

/// What SQLite makes of values that go into a column. Source: Datatypes In SQLite, section 3.1.
enum class Affinity : std::uint32_t {
  kNone,     ///< nothing (SQLite calls it BLOB): no type, or one with BLOB in it
  kText,     ///< numbers become their text
  kNumeric,  ///< texts that look like numbers become such, with 15 digits at most
  kInteger,  ///< the same
  kReal,     ///< the same, and whole numbers become doubles
};

/// A column of a result or of a table, by the words that it was declared with.
struct DeclaredType {
  std::string declared;  ///< "DECIMAL(12,2)"; empty: none
  LogicalType type;      ///< what its values mean; text where that is left open
  Affinity affinity = Affinity::kNone;
  /// Whether any value may stand in it: the type is none, or says nothing of its values.
  bool is_open = false;
};

/// Decides once what a declaration means. See TYPES.md.
DeclaredType parse_declared(std::string_view declared);
/// Nothing where the words are not among those of TYPES.md.
std::optional<DeclaredType> parse_known(std::string_view declared);

/// The most digits that a number keeps in a column whose affinity makes a REAL of it.
constexpr int kRealDigits = 15;

}  // namespace osiris::sqlite
