#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "component/spec.h"

namespace osiris {

struct SqlFinding {
  std::string message;     ///< "the statement starts with 'DELETE'"
  std::size_t offset = 0;  ///< byte in the text
};

/// Refuses what is not one read-only statement: SELECT, WITH … SELECT, VALUES, TABLE or SHOW; no second
/// statement (one closing semicolon is allowed), no INTO, no locking clause, no data-changing WITH.
/// Strings, quoted names and comments are skipped by the dialect's own rules, so that words, percent
/// signs and semicolons inside them pass.
std::optional<SqlFinding> find_not_read_only(std::string_view sql, const SqlDialect& dialect);

/// The statement from its first word up to its closing semicolon, so that it can stand inside another one.
/// A comment may be its end: what follows belongs on a new line. Requires: it is read-only.
std::string_view bare_statement(std::string_view sql, const SqlDialect& dialect);

}  // namespace osiris
