#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/type.h"
#include "table/verdict.h"

namespace osiris {

/// A column of the table that a load writes into.
struct TargetColumn {
  std::string name;
  std::string declared;               ///< the database's own words, "numeric(12,2)", "enum('a','b')"
  LogicalType type;                   ///< what its values mean
  std::uint64_t most_characters = 0;  ///< of a text, or bytes of a byte string; 0: as good as any
  std::int8_t fraction_digits = 6;    ///< decimals of seconds that a time or timestamp keeps
  std::uint32_t type_number = 0;      ///< the database's own number of the type
  std::int32_t type_modifier = -1;    ///< the database's own detail of it
  bool is_nullable = true;
  bool has_default = false;
  bool is_generated = false;  ///< computed by the database: nobody can write it
};

/// A table as a load finds it.
struct TargetTable {
  std::string name;           ///< for people: "public.orders"
  std::string quoted;         ///< for statements
  std::string ledger, marks;  ///< `_osiris_loads` and `_osiris_state` of the same schema, for statements
  std::vector<TargetColumn> columns;
  std::vector<std::vector<std::string>> unique_keys;  ///< the primary key first
  /// Tables whose rows would vanish or change with deleted rows of this one: "shop.items (ON DELETE
  /// CASCADE)".
  std::vector<std::string> cascades;
  /// Why a failed load cannot be undone: "its engine MyISAM has no transactions"; empty: it can.
  std::string transaction_obstacle;
  std::optional<std::uint64_t> estimated_rows;

  /// Null where there is none. Names compare as the database compares them.
  const TargetColumn* find(std::string_view column) const;
  bool is_case_sensitive = true;  ///< of column names
};

/// What becomes of a source's column in a column of the target.
struct Judgement {
  Verdict verdict = Verdict::kExact;
  std::string reason;  ///< of checked and lossy: "values above 2147483647 are refused"
};

}  // namespace osiris
