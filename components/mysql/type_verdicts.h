#pragma once

#include "load/target_table.h"
#include "mysql/value_check.h"
#include "table/type.h"

namespace osiris::mysql {

/// How a value becomes what is sent. The server takes text for every type but bytes, BIT and geometries.
enum class Form : std::uint8_t {
  kVerbatim,  ///< the value's own bytes
  kPrinted,   ///< the canonical text
  kTruth,     ///< 1 or 0
  kYear,      ///< four digits: the server reads '0' as 2000
  kBits,      ///< a number's bytes, the highest first
  kUtc,       ///< a moment's text, in UTC and without its zone
  kGeometry,  ///< EWKB as the server's own form: SRID, then WKB
};

/// What becomes of a source's values in a column of the server. See WRITE_TYPES.md.
struct Passage {
  Judgement judgement;
  Form form = Form::kVerbatim;
  ValueCheck check;
};

/// Errors: kUser "load.unsupported_type".
Passage passage_of(const ColumnType& source, const TargetColumn& target);

/// What kinds of columns a server can make.
struct ServerTypes {
  bool has_uuid = false;    ///< MariaDB 10.7
  bool is_mariadb = false;  ///< INET4, INET6
};

/// The column that a load makes for a source's column: of the same type where that comes from this family.
TargetColumn column_for(const ColumnType& source, bool is_key, const ServerTypes& server);

}  // namespace osiris::mysql
