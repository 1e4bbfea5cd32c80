#include "load/table_writer.h"

#include "base/text.h"
#include "load/load_plan.h"

namespace osiris {

namespace {

std::string promise_of(const LoadOptions& options, const LoadTarget& target) {
  if (options.chunk_rows > 0) {
    return cat("commits every ", counted(options.chunk_rows, "row"),
               "; readers see each of these chunks at once");
  }
  switch (options.mode) {
    case WriteMode::kAppend:
      return "readers see all new rows at once";
    case WriteMode::kReplace:
      return "readers see the old rows until all new ones are there";
    case WriteMode::kTruncate:
      return target.truncates_in_transaction()
                 ? "readers wait until all new rows are there"
                 : "not atomic: readers see no rows until the load is done, and none if it fails";
    case WriteMode::kUpsert:
      return "readers see all changes at once";
  }
  return {};
}

std::vector<std::string> notes_of(const LoadOptions& options, const LoadTarget& target,
                                  const LoadPlan& plan) {
  std::vector<std::string> notes{cat(to_string(options.mode), ": ", promise_of(options, target))};
  if (!options.has_ledger) {
    notes.push_back(
        "without a ledger a run that dies during COMMIT cannot be decided: run --resume would load the rows "
        "again");
  }
  if (!plan.table.transaction_obstacle.empty()) {
    notes.push_back(
        cat("a load that fails leaves the rows that it got, for ", plan.table.transaction_obstacle));
  }
  if (!plan.match.ignored.empty()) {
    notes.push_back(
        cat("columns that the table does not have are dropped: ", join(plan.match.ignored, ", ")));
  }
  std::vector<std::string> added;
  for (const TargetColumn& column : plan.new_columns())
    added.push_back(cat(column.name, " ", column.declared));
  if (!added.empty()) notes.push_back(cat("adds the columns ", join(added, ", ")));
  if (plan.makes_table && !target.has_transactional_ddl())
    notes.push_back("the table is made before the load and stays, empty, if the load fails");
  return notes;
}

std::string written_table(const LoadOptions& options, const LoadPlan& plan) {
  std::string what = cat("table ", plan.table.name, " (", to_string(options.mode));
  if (plan.makes_table) {
    what += ", makes it";
  } else if (plan.table.estimated_rows) {
    what += cat(", it has about ", counted(*plan.table.estimated_rows, "row"));
  }
  return what + ")";
}

}  // namespace

Preview preview_load(const Config& config, const std::vector<Component::InputSchema>& inputs, Context&,
                     const OpenTarget& open_target) {
  const LoadOptions options(config);
  const std::unique_ptr<LoadTarget> target = open_target();
  Preview preview;
  if (inputs.empty() || !inputs.front().schema) {
    find_load_table(options, *target);
    preview.writes.push_back(cat("table ", options.table, " (", to_string(options.mode), ")"));
    preview.notes.push_back("where the columns go is known once the source runs");
    return preview;
  }
  const Schema& schema = *inputs.front().schema;
  const LoadPlan plan = plan_load(schema, options, *target);
  preview.writes.push_back(written_table(options, plan));
  preview.columns = column_moves(schema, plan.match);
  preview.notes = notes_of(options, *target, plan);
  return preview;
}

}  // namespace osiris
