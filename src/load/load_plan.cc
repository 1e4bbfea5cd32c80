#include "load/load_plan.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

std::vector<TargetColumn> LoadPlan::new_columns() const {
  std::vector<TargetColumn> columns;
  for (const MatchedColumn& matched : match.columns) {
    if (matched.is_added) columns.push_back(matched.target);
  }
  if (match.marker) columns.push_back(*match.marker);
  return columns;
}

std::optional<TargetTable> find_load_table(const LoadOptions& options, LoadTarget& target) {
  auto table = target.find_table(options.table);
  if (table || options.create_if_missing) return table;
  throw Error(ErrorKind::kUser, "load.missing_table", cat("the table does not exist: '", options.table, "'"),
              "create it, correct the name, or set create_if_missing: true");
}

LoadPlan plan_load(const Schema& schema, const LoadOptions& options, LoadTarget& target) {
  auto found = find_load_table(options, target);
  LoadPlan plan;
  plan.makes_table = !found;
  plan.table =
      found ? std::move(*found) : new_table(target.unmade_table(options.table), schema, options, target);
  plan.match = match_table(schema, plan.table, options, target);
  return plan;
}

void change_table(LoadPlan& plan, const Schema& schema, const LoadOptions& options, LoadTarget& target) {
  const std::vector<TargetColumn> columns = plan.new_columns();
  if (plan.makes_table) {
    target.create_table(plan.table, options.primary_key);
  } else if (!columns.empty()) {
    target.add_columns(plan.table, columns);
  } else {
    return;
  }
  // The database knows now what it made of the words.
  auto made = target.find_table(options.table);
  invariant(made.has_value(), "a table that was made is there");
  plan.table = std::move(*made);
  plan.match = match_table(schema, plan.table, options, target);
}

}  // namespace osiris
