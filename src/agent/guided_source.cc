#include <algorithm>
#include <array>

#include "agent/guided_questions.h"
#include "agent/step_draft.h"
#include "base/text.h"
#include "format/yaml.h"
#include "run/connection_list.h"

namespace osiris {

namespace {

constexpr std::string_view kFile = "a file";

std::vector<Menu::Item> items_of(const std::vector<std::string>& labels) {
  std::vector<Menu::Item> items;
  for (const std::string& label : labels) items.push_back({label, "", true});
  return items;
}

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> all(count);
  for (std::size_t at = 0; at < count; ++at) all[at] = at;
  return all;
}

std::string facts_of(const CatalogTable& table) {
  std::vector<std::string> facts;
  if (table.is_view) facts.emplace_back("view");
  facts.push_back(counted(table.columns.size(), "column"));
  if (table.estimated_rows) facts.push_back(cat("about ", counted(*table.estimated_rows, "row")));
  if (!table.keys.empty()) facts.push_back(cat("key ", join(table.keys.front(), ", ")));
  return join(facts, ", ");
}

std::string facts_of(const Proposal& proposal, const std::string& path) {
  std::string text = cat(path, ": ", counted(proposal.columns.size(), "column"));
  if (proposal.sample_bytes > 0) {
    text += cat(", ", proposal.is_whole ? "" : "first ", counted(proposal.sample_rows, "row"));
  }
  for (const auto& [name, type] : proposal.columns) text += cat("\n  ", name, "  ", type);
  return text;
}

/// "orders" of in/orders.csv.gz.
std::string file_name(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  return plain_name(name.substr(0, name.find('.', 1)));
}

/// "status: eq.paid, total: gt.10" as a map; an Error where it is none.
std::variant<Json, Error> read_filter(const std::string& text) {
  try {
    const yaml::Node node = yaml::parse(cat("{", text, "}"), "the answer");
    return node.to_json();
  } catch (const Error& error) {
    return error;
  }
}

std::string hint_of(const Field& field) {
  std::string hint = field.help;
  if (!field.example.empty()) hint += cat(", such as ", field.example);
  return cat(hint, "; ", kParamHint);
}

}  // namespace

std::optional<GuidedQuestions::Place> GuidedQuestions::ask_place(Role role, const std::string& text) {
  std::vector<Place> places;
  Menu menu{text, {}};
  menu.place = role == Role::kExtractor ? PlaceOfRows::kSource : PlaceOfRows::kTarget;
  for (const ListedConnection& each : list_connections(project_, registry_)) {
    const ComponentSpec* spec = table_component(role, each.family, registry_);
    if (spec == nullptr) continue;
    places.push_back({each.reference, spec});
    std::string detail = registry_.connection_spec(each.family).title;
    if (!each.missing.empty()) detail += cat(", not set: ", join(each.missing, ", "));
    menu.items.push_back({each.reference, detail, true});
  }
  places.push_back({});
  menu.items.push_back({std::string(kFile), join(file_kinds(role, registry_), ", ")});
  if (menu.items.size() == 1) {
    journal_.say(cat(text, " A file, for the project has no connections."));
    return places.front();
  }
  const auto chosen = journal_.choose(menu);
  return chosen ? std::optional(places[*chosen]) : std::nullopt;
}

std::optional<bool> GuidedQuestions::ask_again(const std::string& reference, const Error& error) {
  journal_.say(told(error), Tone::kError);
  const auto chosen = journal_.choose({cat("The tables of ", reference, " cannot be seen. What now?"),
                                       {{"try again"}, {"type the table's name"}}});
  if (!chosen) return std::nullopt;
  return *chosen == 0;
}

std::optional<std::string> GuidedQuestions::ask_words(const Prompt& prompt, const std::string& refusal) {
  for (;;) {
    const auto words = journal_.ask(prompt);
    if (!words || !words->empty()) return words;
    journal_.refuse_last(refusal);
  }
}

std::optional<GuidedQuestions::Table> GuidedQuestions::ask_table(const Place& place, Role role,
                                                                 const std::string& new_name) {
  const std::variant<Discovery, Error>* sight = nullptr;
  for (;;) {
    sight = &sights_.tables(place.reference);
    if (std::holds_alternative<Discovery>(*sight)) break;
    const auto again = ask_again(place.reference, std::get<Error>(*sight));
    if (!again) return std::nullopt;
    if (!*again) {
      const auto name = ask_words({"Table"}, "a table has a name");
      return name ? std::optional(Table{*name}) : std::nullopt;
    }
    journal_.refuse_last("");
    sights_.forget(place.reference);
  }
  const auto& discovery = std::get<Discovery>(*sight);
  const bool is_target = role == Role::kWriter;
  std::vector<const CatalogTable*> tables;
  Menu menu{is_target ? "Which table are they written to?" : "Which table?", {}};
  for (const DiscoveredTable& each : discovery.tables) {
    if (is_target && each.table.is_view) continue;
    tables.push_back(&each.table);
    menu.items.push_back({each.table.name, facts_of(each.table), true});
  }
  const std::size_t other = menu.items.size();
  if (is_target) {
    menu.items.push_back({"a new table"});
  } else if (discovery.left_out > 0 || tables.empty()) {
    menu.items.push_back({"another table", cat(discovery.left_out, " are not shown"), false, true});
  }
  const std::size_t query = menu.items.size();
  const Field* own = is_target ? nullptr : place.spec->find("query");
  if (own != nullptr) menu.items.push_back({"a query", own->help, false, true});
  const auto chosen = journal_.choose(menu);
  if (!chosen) return std::nullopt;
  if (own != nullptr && *chosen == query) return Table{"", nullptr, false, true};
  if (*chosen < other) return Table{tables[*chosen]->name, tables[*chosen]};
  const auto name = ask_words({is_target ? "Name of the new table" : "Table", is_target ? new_name : ""},
                              "a table has a name");
  return name ? std::optional(Table{*name, nullptr, is_target}) : std::nullopt;
}

bool GuidedQuestions::ask_sources() {
  if (!ask_source(true)) return false;
  while (sources_.size() < kMostSteps) {
    const auto more =
        ask_whether("Join the rows of another table or file?", "a step of SQL or a function joins them");
    if (!more) return false;
    if (!*more) return true;
    if (!ask_source(false)) return false;
  }
  return true;
}

bool GuidedQuestions::ask_source(bool is_first) {
  const auto place =
      ask_place(Role::kExtractor, is_first ? "Where do the rows come from?" : "Where do these come from?");
  if (!place) return false;
  return place->reference.empty() ? ask_file_source() : ask_table_source(*place);
}

bool GuidedQuestions::ask_table_source(const Place& place) {
  const auto table = ask_table(place, Role::kExtractor, "");
  if (!table) return false;
  if (table->is_query) return ask_query_source(place);
  Config config{{"connection", place.reference}, {"table", table->name}};
  GuidedRows rows{new_id(plain_name(table->name)), {}, {}};
  if (table->seen != nullptr) {
    for (const CatalogColumn& column : table->seen->columns) rows.columns.push_back(column.name);
    if (!table->seen->keys.empty()) rows.key = table->seen->keys.front();
  }
  if (place.spec->find("columns") != nullptr && !ask_columns(rows, config)) return false;
  if (!ask_condition(*place.spec, config)) return false;
  if (place.spec->find("incremental") != nullptr && !ask_incremental(rows, config)) return false;
  draft_.steps.push_back({{"id", rows.step}, {"component", place.spec->name}, {"config", config}});
  sources_.push_back(rows);
  return true;
}

bool GuidedQuestions::ask_query_source(const Place& place) {
  const Prompt prompt{"SELECT statement", "", hint_of(*place.spec->find("query"))};
  GuidedRows rows;
  std::string query;
  while (query.empty()) {
    const auto answer = ask_words(prompt, "give a SELECT statement");
    if (!answer) return false;
    query = *answer;
    if (query.find("${params.") != std::string::npos) {
      journal_.say("It is tried when the values of its parameters are known.", Tone::kNote);
      break;
    }
    const auto& sight = sights_.query(place.reference, query);
    if (const Error* error = std::get_if<Error>(&sight)) {
      journal_.refuse_last(told(*error));
      query.clear();
      continue;
    }
    std::string seen = cat("It gives ", counted(std::get<Schema>(sight).size(), "column"), ":");
    for (const ColumnType& column : std::get<Schema>(sight)) {
      rows.columns.push_back(column.name);
      seen += cat("\n  ", column.name, "  ", to_string(column.type));
    }
    journal_.say(seen);
  }
  rows.step = new_id("query");
  Config config{{"connection", place.reference}, {"query", query}};
  if (place.spec->find("incremental") != nullptr && !ask_incremental(rows, config)) return false;
  draft_.steps.push_back({{"id", rows.step}, {"component", place.spec->name}, {"config", config}});
  sources_.push_back(rows);
  return true;
}

bool GuidedQuestions::ask_columns(GuidedRows& rows, Config& config) {
  if (rows.columns.empty()) return true;
  for (;;) {
    const auto chosen =
        journal_.choose_several({"Which columns?", items_of(rows.columns), all_of(rows.columns.size())});
    if (!chosen) return false;
    if (chosen->size() == rows.columns.size()) return true;
    if (!chosen->empty()) {
      std::vector<std::string> columns;
      for (const std::size_t at : *chosen) columns.push_back(rows.columns[at]);
      rows.columns = columns;
      config["columns"] = columns;
      const auto is_read = [&](const std::string& name) {
        return std::ranges::find(columns, name) != columns.end();
      };
      if (!std::ranges::all_of(rows.key, is_read)) rows.key.clear();
      return true;
    }
    journal_.refuse_last("rows have one column at least");
  }
}

bool GuidedQuestions::ask_condition(const ComponentSpec& spec, Config& config) {
  const Field* where = spec.find("where");
  const Field* filter = spec.find("filter");
  if (where == nullptr && filter == nullptr) return true;
  const Field& field = where != nullptr ? *where : *filter;
  for (;;) {
    Prompt prompt{"Only rows that meet a condition (empty: all)", "", hint_of(field)};
    prompt.may_be_empty = true;
    const auto answer = journal_.ask(prompt);
    if (!answer) return false;
    if (answer->empty()) return true;
    if (where != nullptr) {
      config["where"] = *answer;
      return true;
    }
    const auto read = read_filter(*answer);
    if (const auto* map = std::get_if<Json>(&read)) {
      config["filter"] = *map;
      return true;
    }
    journal_.refuse_last(std::get<Error>(read).message());
  }
}

std::optional<std::string> GuidedQuestions::ask_column(const std::string& text, const GuidedRows& rows,
                                                       const std::string& usual) {
  if (rows.columns.empty()) return ask_words({text, usual}, "name a column");
  Menu menu{text, items_of(rows.columns)};
  const auto found = std::ranges::find(rows.columns, usual);
  if (found != rows.columns.end()) menu.chosen = {static_cast<std::size_t>(found - rows.columns.begin())};
  const auto chosen = journal_.choose(menu);
  return chosen ? std::optional(rows.columns[*chosen]) : std::nullopt;
}

bool GuidedQuestions::ask_incremental(const GuidedRows& rows, Config& config) {
  const auto is_wanted = ask_whether("Read only what is new since the last run?");
  if (!is_wanted) return false;
  if (!*is_wanted) return true;
  const auto cursor = ask_column("Which column only grows, such as a time of change?", rows, "");
  if (!cursor) return false;
  const auto key = ask_column("Which column tells rows with the same value of it apart?", rows,
                              rows.key.size() == 1 ? rows.key.front() : "");
  if (!key) return false;
  Prompt prompt{"How far before the last run to read again (empty: not at all)", "",
                "for rows that were committed late: 10m, 2h, 1d; a number where the column is one"};
  prompt.may_be_empty = true;
  const auto lookback = journal_.ask(prompt);
  if (!lookback) return false;
  Json incremental{{"cursor", *cursor}, {"key", *key}};
  if (!lookback->empty()) incremental["lookback"] = *lookback;
  config["incremental"] = incremental;
  is_incremental_ = true;
  reads_again_ = reads_again_ || !lookback->empty();
  return true;
}

bool GuidedQuestions::ask_file_source() {
  const Proposal* proposal = nullptr;
  std::string path;
  while (proposal == nullptr) {
    Prompt prompt{"Path of the file", "", "as in/orders.csv, relative to the project"};
    prompt.place = PlaceOfRows::kSource;
    const auto answer = ask_words(prompt, "a file has a path");
    if (!answer) return false;
    const auto& sight = sights_.file(*answer);
    proposal = std::get_if<Proposal>(&sight);
    if (proposal == nullptr) journal_.refuse_last(told(std::get<Error>(sight)));
    path = *answer;
  }
  journal_.say(facts_of(*proposal, path));
  for (const std::string& note : proposal->notes) journal_.say(cat("look: ", note), Tone::kNote);
  const ComponentSpec& spec = registry_.find(proposal->component)->spec;
  Config config = proposal->config;
  GuidedRows rows{new_id(file_name(path)), {}, {}};
  for (const auto& column : proposal->columns) rows.columns.push_back(column.first);
  const bool has_names = config.value("header", true);
  if (spec.find("columns") != nullptr && has_names) {
    const std::size_t count = rows.columns.size();
    if (!ask_columns(rows, config)) return false;
    const bool is_part = rows.columns.size() < count;
    if (is_part && spec.find("extra_keys") != nullptr) config["extra_keys"] = "ignore";
    for (std::size_t at = 0; is_part && config.contains("types") && at < count; ++at) {
      const std::string& name = proposal->columns[at].first;
      if (std::ranges::find(rows.columns, name) == rows.columns.end()) config["types"].erase(name);
    }
  }
  if (!ask_bad_rows(spec, config)) return false;
  draft_.steps.push_back({{"id", rows.step}, {"component", spec.name}, {"config", config}});
  sources_.push_back(rows);
  return true;
}

bool GuidedQuestions::ask_bad_rows(const ComponentSpec& spec, Config& config) {
  const Field* field = spec.find("on_bad_row");
  if (field == nullptr) return true;
  const auto chosen = journal_.choose({"What becomes of a row that is malformed?",
                                       {{"fail", "the run ends"},
                                        {"skip", "it is left out and counted"},
                                        {"quarantine", "it is left out and kept with the reason"}},
                                       {0}});
  if (!chosen) return false;
  constexpr std::array<std::string_view, 3> kWords{"fail", "skip", "quarantine"};
  if (*chosen > 0) config["on_bad_row"] = kWords.at(*chosen);
  return true;
}

}  // namespace osiris
