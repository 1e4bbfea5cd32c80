#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace osiris::supabase {

/// One condition of a step's `filter`, "not.eq.paid" of a column.
struct Condition {
  std::string column, operation, value;
  bool is_negated = false;
};

/// Errors: kUser "supabase.filter" where an operator is not known.
std::vector<Condition> parse_filter(const Json& filter);

/// "status=not.eq.paid", percent-encoded.
std::string rest_condition(const Condition& condition);
/// `"status" <> 'paid'` in PostgreSQL's words.
std::string sql_condition(const Condition& condition);

}  // namespace osiris::supabase
