#include "run/discover.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "run/discover_tables.h"
#include "run/stop_signals.h"

namespace osiris::cli {

namespace {

std::string rows_text(const CatalogTable& table) {
  const std::string kind = table.is_view ? "view" : "table";
  return table.estimated_rows ? cat(kind, ", about ", counted(*table.estimated_rows, "row")) : kind;
}

std::string tables_text(const Discovery& discovery) {
  std::vector<std::vector<std::string>> rows;
  for (const DiscoveredTable& told : discovery.tables) {
    std::vector<std::string> keys;
    for (const auto& key : told.table.keys) keys.push_back(join(key, ", "));
    rows.push_back({told.table.name, rows_text(told.table), std::to_string(told.table.columns.size()),
                    join(keys, "; ")});
  }
  std::string text = table_text({"TABLE", "WHAT", "COLUMNS", "KEYS"}, rows, {2});
  if (discovery.left_out > 0) text += cat("and ", counted(discovery.left_out, "table"), " more\n");
  return text;
}

std::string sample_text(const DiscoveredTable& told) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : told.sample) {
    auto& cells = rows.emplace_back();
    for (const auto& cell : row) cells.push_back(cell.value_or("NULL"));
  }
  return cat("\nthe shape of ", counted(rows.size(), "row"), "; x is a letter, 9 a digit\n",
             table_text(told.sample_columns, rows));
}

std::string table_text_of(const DiscoveredTable& told) {
  const CatalogTable& table = told.table;
  std::string text = cat(table.name, "  ", rows_text(table), "\n");
  std::vector<std::vector<std::string>> rows;
  for (const CatalogColumn& column : table.columns)
    rows.push_back({column.name, column.type, column.is_nullable ? "" : "not null"});
  text += table_text({"COLUMN", "TYPE", ""}, rows);
  for (const auto& key : table.keys) text += cat("key  ", join(key, ", "), "\n");
  if (!told.sample_columns.empty()) text += sample_text(told);
  return text;
}

Answer discover_connection(const Invocation& invocation, const std::string& reference) {
  std::optional<std::string> table;
  if (invocation.arguments().size() > 1) table = invocation.arguments()[1];
  Cancellation cancellation;
  const StopSignals signals([&](int) { cancellation.cancel(); });
  const Discovery discovery = discover_tables(reference, table, invocation.count("--samples").value_or(0),
                                              invocation.project(), invocation.registry(), cancellation);
  Answer answer;
  answer.json = to_json(discovery);
  answer.text = table ? table_text_of(discovery.tables.front()) : tables_text(discovery);
  if (discovery.tables.empty()) answer.text = "no tables\n";
  return answer;
}

Answer discover_path(const Invocation& invocation, const std::string& argument) {
  if (invocation.arguments().size() > 1 || invocation.has("--samples")) {
    throw Error(ErrorKind::kUser, "cli.usage", "a table and --samples go with a connection",
                "osiris discover @family.alias TABLE --samples 5");
  }
  // A pattern or a path from here, as a step of the project would name it.
  const std::string path = invocation.shown((invocation.working_directory() / argument).lexically_normal());
  const Proposal proposal = discover_file(path, invocation.project(), invocation.registry());
  Answer answer;
  answer.text = print_proposal(proposal);
  answer.json = to_json(proposal);
  return answer;
}

Answer discover(const Invocation& invocation) {
  const std::string& argument = invocation.arguments().front();
  return argument.starts_with('@') ? discover_connection(invocation, argument)
                                   : discover_path(invocation, argument);
}

}  // namespace

std::vector<Command> discover_commands() {
  return {{"discover",
           "FILE|@family.alias [TABLE]",
           1,
           2,
           "Propose the step that would read a file exactly, or say which tables a connection has",
           {{"osiris discover in/orders.csv", "delimiter, encoding, header and types, as a pipeline"},
            {"osiris discover in/events.jsonl.gz --json", "the same as one document"},
            {"osiris discover @family.alias", "tables, views, keys, estimated rows"},
            {"osiris discover @family.alias orders --samples 5", "columns, and the shape of five rows"}},
           {{"--samples", "N", "Also read N rows of the table; their values are masked", {}}},
           discover}};
}

}  // namespace osiris::cli
