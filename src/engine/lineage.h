// Private to src/engine.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace osiris {

/// A column of a table function.
struct Origin {
  std::string function;
  std::size_t column = 0;
};

/// The columns that a result's column shows as they were read: several after a UNION, none when it is
/// computed.
using Origins = std::vector<Origin>;

/// Follows every column of a plan's result to where it was read. Empty where the plan holds an operator
/// that we do not know: then no column keeps more than the engine says of it.
///
/// Renaming, filters, joins, grouping by the column, DISTINCT, ORDER BY, subqueries, WITH and UNION keep what
/// was read. A cast, a function or an aggregate (max, any_value) computes.
///
/// The types of the engine cannot carry this: an alias on a type takes part in overload resolution
/// and in the choice of common types, and `coalesce(tinyint_column, 1000)` then fails.
///
/// `plan` is what json_serialize_plan() prints of a logical plan, its column references resolved to
/// positions in the children's output.
std::vector<Origins> trace_columns(const Json& plan);

/// How often each table function is read by a plan.
std::map<std::string, int> count_scans(const Json& plan);

}  // namespace osiris
