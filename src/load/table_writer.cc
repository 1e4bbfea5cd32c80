#include "load/table_writer.h"

#include "base/error.h"
#include "load/ledger.h"
#include "load/load_plan.h"
#include "load/table_load.h"

namespace osiris {

namespace {

/// An incremental read brings what is new; what it does not bring again is not missing.
void check_window(const LoadOptions& options, const LoadId& id) {
  if (id.mark_name.empty() || options.delete_missing == DeleteMissing::kOff) return;
  throw Error(ErrorKind::kUser, "load.incremental_delete",
              "delete_missing would remove every row that an incremental read does not bring again",
              "leave 'delete_missing' out, or 'incremental'");
}

}  // namespace

std::unique_ptr<Writer> open_table_writer(const Config& config, const Schema& schema, Context& context,
                                          const OpenTarget& open_target) {
  LoadOptions options(config);
  const LoadId& id = context.load_id();
  check_window(options, id);
  std::unique_ptr<LoadTarget> target = open_target();
  LoadPlan plan = plan_load(schema, options, *target);
  Ledger ledger(*target, plan.table, options.mode, id);
  std::vector<LedgerEntry> committed;
  if (options.has_ledger) {
    if (id.is_resumed) committed = ledger.settled_entries();
    ledger.make();
  }
  if (!id.mark_name.empty()) MarkTable(*target, plan.table).make();
  LoadStart start{plan.table.name, std::string(to_string(options.mode)), target->road(schema, plan.match),
                  options.has_ledger ? ledger.load_id(1) : "", plan.makes_table};
  if (!target->has_transactional_ddl()) change_table(plan, schema, options, *target);
  context.load_started(start);
  return std::make_unique<TableLoad>(std::move(target), std::move(options), schema, std::move(plan),
                                     std::move(committed), context);
}

std::optional<LoadResult> find_load(const Config& config, Context& context, const OpenTarget& open_target) {
  const LoadOptions options(config);
  if (!options.has_ledger) return std::nullopt;
  const std::unique_ptr<LoadTarget> target = open_target();
  const auto table = target->find_table(options.table);
  if (!table) return std::nullopt;
  return complete_result(Ledger(*target, *table, options.mode, context.load_id()).settled_entries());
}

std::optional<Mark> find_mark(const Config& config, Context&, const OpenTarget& open_target,
                              const std::string& mark_name) {
  const std::unique_ptr<LoadTarget> target = open_target();
  const auto table = target->find_table(LoadOptions(config).table);
  return table ? MarkTable(*target, *table).find(mark_name) : std::nullopt;
}

void forget_mark(const Config& config, Context&, const OpenTarget& open_target,
                 const std::string& mark_name) {
  const std::unique_ptr<LoadTarget> target = open_target();
  const auto table = target->find_table(LoadOptions(config).table);
  if (table) MarkTable(*target, *table).forget(mark_name);
}

}  // namespace osiris
