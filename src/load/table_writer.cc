#include "load/table_writer.h"

#include "base/error.h"
#include "base/text.h"
#include "load/ledger.h"
#include "load/table_load.h"
#include "load/table_match.h"

namespace osiris {

namespace {

/// The table of a load as it is, or as it would be made.
struct FoundTable {
  TargetTable table;
  bool is_new = false;
};

FoundTable find_or_plan(const Schema& schema, const LoadOptions& options, LoadTarget& target) {
  if (auto table = target.find_table(options.table)) return {std::move(*table), false};
  if (options.create_if_missing) return {new_table(schema, options, target), true};
  throw Error(ErrorKind::kUser, "load.missing_table", cat("the table does not exist: '", options.table, "'"),
              "create it, correct the name, or set create_if_missing: true");
}

/// Who keeps no ledger cannot find out what an earlier run did.
std::vector<LedgerEntry> committed_before(Ledger& ledger, const LoadOptions& options, const LoadId& id) {
  if (!id.is_resumed) return {};
  std::vector<LedgerEntry> entries = ledger.entries();
  const std::uint64_t next = entries.empty() ? 1 : entries.back().chunk + 1;
  const bool is_over = !entries.empty() && entries.back().is_last;
  // A transaction of the earlier run may be ending right now.
  if (!is_over && ledger.is_settled(next, options.mode)) return ledger.entries();
  return entries;
}

std::string promise_of(const LoadOptions& options, const LoadTarget& target) {
  if (options.chunk_rows > 0)
    return cat("commits every ", with_thousands(options.chunk_rows),
               " rows; readers see each of these chunks at once");
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

std::vector<ColumnMove> moves_of(const Schema& schema, const TableMatch& match) {
  std::vector<ColumnMove> moves;
  for (const MatchedColumn& matched : match.columns) {
    const ColumnType& source = schema[matched.source];
    moves.push_back({source.name, source.source_type.empty() ? to_string(source.type) : source.source_type,
                     matched.target.declared, matched.judgement.verdict, matched.judgement.reason});
  }
  return moves;
}

void add_notes(const LoadOptions& options, const LoadTarget& target, const FoundTable& found,
               const TableMatch& match, std::vector<std::string>& notes) {
  notes.push_back(cat(to_string(options.mode), ": ", promise_of(options, target)));
  if (!options.has_ledger) {
    notes.push_back(
        "without a ledger a run that dies during COMMIT cannot be decided: run --resume would load the rows "
        "again");
  }
  if (!match.ignored.empty())
    notes.push_back(cat("columns that the table does not have are dropped: ", join(match.ignored, ", ")));
  std::vector<std::string> added;
  for (const MatchedColumn& matched : match.columns) {
    if (matched.is_added) added.push_back(cat(matched.target.name, " ", matched.target.declared));
  }
  if (match.marker) added.push_back(cat(match.marker->name, " ", match.marker->declared));
  if (!added.empty()) notes.push_back(cat("adds the columns ", join(added, ", ")));
  if (found.is_new && !target.has_transactional_ddl())
    notes.push_back("the table is made before the load and stays, empty, if the load fails");
}

}  // namespace

void make_table_fit(LoadTarget& target, const LoadOptions& options, const Schema& schema, TargetTable& table,
                    bool table_is_new, TableMatch& match) {
  std::vector<TargetColumn> added;
  for (const MatchedColumn& matched : match.columns) {
    if (matched.is_added) added.push_back(matched.target);
  }
  if (match.marker) added.push_back(*match.marker);
  if (!table_is_new && added.empty()) return;
  if (table_is_new) {
    target.create_table(table, options.primary_key);
  } else {
    target.add_columns(table, added);
  }
  // The database knows now what it made of the words.
  auto made = target.find_table(options.table);
  invariant(made.has_value(), "a table that was made is there");
  table = std::move(*made);
  match = match_table(schema, table, options, target);
}

std::unique_ptr<Writer> open_table_writer(const Config& config, const Schema& schema, Context& context,
                                          const OpenTarget& open_target) {
  LoadOptions options(config);
  std::unique_ptr<LoadTarget> target = open_target();
  FoundTable found = find_or_plan(schema, options, *target);
  TableMatch match = match_table(schema, found.table, options, *target);
  std::vector<LedgerEntry> committed;
  if (options.has_ledger) {
    Ledger ledger(*target, found.table, context.load_id());
    ledger.make();
    committed = committed_before(ledger, options, context.load_id());
  }
  if (!context.load_id().mark_name.empty()) MarkTable(*target, found.table).make();
  if (!target->has_transactional_ddl())
    make_table_fit(*target, options, schema, found.table, found.is_new, match);
  const Ledger names(*target, found.table, context.load_id());
  context.load_started({found.table.name, std::string(to_string(options.mode)), target->road(schema, match),
                        options.has_ledger ? names.load_id(1) : "", found.is_new});
  return std::make_unique<TableLoad>(std::move(target), std::move(options), schema, std::move(found.table),
                                     found.is_new, std::move(match), committed, context);
}

Preview preview_load(const Config& config, const std::vector<Component::InputSchema>& inputs, Context&,
                     const OpenTarget& open_target) {
  const LoadOptions options(config);
  const std::unique_ptr<LoadTarget> target = open_target();
  Preview preview;
  preview.writes.push_back(cat("table ", options.table, " (", to_string(options.mode), ")"));
  if (inputs.empty() || !inputs.front().schema) {
    if (!options.create_if_missing) find_or_plan({}, options, *target);
    preview.notes.push_back("where the columns go is known once the source runs");
    return preview;
  }
  const Schema& schema = *inputs.front().schema;
  const FoundTable found = find_or_plan(schema, options, *target);
  const TableMatch match = match_table(schema, found.table, options, *target);
  std::string what = cat("table ", found.table.name, " (", to_string(options.mode));
  if (found.is_new) {
    what += ", makes it";
  } else if (found.table.estimated_rows) {
    what += cat(", it has about ", counted(*found.table.estimated_rows, "row"));
  }
  preview.writes = {what + ")"};
  preview.columns = moves_of(schema, match);
  add_notes(options, *target, found, match, preview.notes);
  return preview;
}

std::optional<LoadResult> find_load(const Config& config, Context& context, const OpenTarget& open_target) {
  const LoadOptions options(config);
  if (!options.has_ledger) return std::nullopt;
  const std::unique_ptr<LoadTarget> target = open_target();
  const auto table = target->find_table(options.table);
  if (!table) return std::nullopt;
  Ledger ledger(*target, *table, context.load_id());
  ledger.make();
  return complete_result(committed_before(ledger, options, context.load_id()));
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
