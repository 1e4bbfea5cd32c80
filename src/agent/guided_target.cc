#include <algorithm>
#include <map>

#include "agent/guided_questions.h"
#include "agent/step_draft.h"
#include "base/text.h"

namespace osiris {

namespace {

std::string meaning_of(const std::string& mode) {
  static const std::map<std::string, std::string> kMeanings{
      {"append", "adds rows to those that are there"},
      {"replace", "puts the rows in the place of all that are there"},
      {"overwrite", "puts a new file in the place of the old one"},
      {"truncate", "empties the table first"},
      {"upsert", "changes the rows whose key is there, adds the others"}};
  const auto found = kMeanings.find(mode);
  return found == kMeanings.end() ? "" : found->second;
}

std::vector<std::string> column_names(const CatalogTable& table) {
  std::vector<std::string> names;
  for (const CatalogColumn& column : table.columns) names.push_back(column.name);
  return names;
}

}  // namespace

std::vector<std::string> write_modes(const ComponentSpec& writer) {
  const Field* field = writer.find("write_mode");
  if (field == nullptr) return {};
  std::vector<std::string> modes;
  for (const Json& mode : field->allowed) modes.push_back(mode.get<std::string>());
  // replace and overwrite are one; the writer's own word for it stays.
  const bool is_overwrite = field->default_value && *field->default_value == "overwrite";
  std::erase(modes, is_overwrite ? "replace" : "overwrite");
  return modes;
}

bool GuidedQuestions::ask_targets() {
  for (std::size_t count = 1;; ++count) {
    if (!ask_target(count == 1)) return false;
    // What is new since the last run is known of one target.
    if (is_incremental_ || count == kMostSteps) return true;
    const auto more = ask_whether("Write them somewhere else too?");
    if (!more) return false;
    if (!*more) return true;
  }
}

bool GuidedQuestions::ask_target(bool is_first) {
  GuidedRows rows = streams_.back();
  if (!is_first && streams_.size() > 1) {
    Menu menu{"Which rows?", {}, {streams_.size() - 1}};
    for (const GuidedRows& stream : streams_) menu.items.push_back({stream.step});
    const auto chosen = journal_.choose(menu);
    if (!chosen) return false;
    rows = streams_[*chosen];
  }
  const auto place = ask_place(Role::kWriter, is_first ? "Where do the rows go?" : "Where do these go?");
  if (!place) return false;
  return place->reference.empty() ? ask_file_target(rows) : ask_table_target(*place, rows);
}

bool GuidedQuestions::ask_table_target(const Place& place, const GuidedRows& rows) {
  const auto table = ask_table(place, Role::kWriter, sources_.front().step);
  if (!table) return false;
  Config config{{"connection", place.reference}, {"table", table->name}};
  if (!ask_write_mode(*place.spec, config)) return false;
  if (config.value("write_mode", "") == "upsert" && !ask_key(*table, rows, config)) return false;
  if (table->is_new) config["create_if_missing"] = true;
  draft_.steps.push_back({{"id", new_id(cat("write_", plain_name(table->name)))},
                          {"component", place.spec->name},
                          {"needs", {rows.step}},
                          {"config", config}});
  return true;
}

bool GuidedQuestions::ask_write_mode(const ComponentSpec& spec, Config& config) {
  std::vector<std::string> modes = write_modes(spec);
  // A load of what is new must not take away what was there before.
  const bool is_table = !spec.connection_family.empty();
  if (is_incremental_ && is_table) {
    std::erase_if(modes, [&](const std::string& mode) {
      return mode != "upsert" && (mode != "append" || reads_again_);
    });
  }
  if (modes.empty()) return true;
  Menu menu{"What becomes of rows that are there already?", {}, {0}};
  for (const std::string& mode : modes) menu.items.push_back({mode, meaning_of(mode)});
  const auto chosen = journal_.choose(menu);
  if (!chosen) return false;
  const Field* field = spec.find("write_mode");
  if (is_table || !field->default_value || *field->default_value != modes[*chosen])
    config["write_mode"] = modes[*chosen];
  return true;
}

bool GuidedQuestions::ask_key(const Table& table, const GuidedRows& rows, Config& config) {
  const std::vector<std::string> columns = table.seen != nullptr ? column_names(*table.seen) : rows.columns;
  const std::vector<std::string> key =
      table.seen != nullptr && !table.seen->keys.empty() ? table.seen->keys.front() : rows.key;
  const std::string text = "Which columns tell a row that is there already?";
  if (columns.empty()) {
    const auto answer = ask_words({text, join(key, ", "), "names, with commas between"}, "name a column");
    if (!answer) return false;
    config["primary_key"] = Json::array();
    for (const std::string& column : split(*answer, ','))
      config["primary_key"].push_back(std::string(trim(column)));
    return true;
  }
  Menu menu{text, {}};
  for (const std::string& column : columns) {
    if (std::ranges::find(key, column) != key.end()) menu.chosen.push_back(menu.items.size());
    menu.items.push_back({column});
  }
  for (;;) {
    const auto chosen = journal_.choose_several(menu);
    if (!chosen) return false;
    for (const std::size_t at : *chosen) config["primary_key"].push_back(columns[at]);
    if (!chosen->empty()) return true;
    journal_.refuse_last("a key has one column at least");
  }
}

bool GuidedQuestions::ask_file_target(const GuidedRows& rows) {
  const std::vector<std::string> kinds = file_kinds(Role::kWriter, registry_);
  const ComponentSpec* spec = nullptr;
  std::string path;
  while (spec == nullptr) {
    Prompt prompt{
        "Path of the file", cat("output/", sources_.front().step, ".csv"),
        cat("its ending says what it is: .", join(kinds, ", ."), "; .csv.gz and .csv.zst are packed")};
    prompt.place = PlaceOfRows::kTarget;
    const auto answer = ask_words(prompt, "a file has a path");
    if (!answer) return false;
    path = *answer;
    spec = file_component(Role::kWriter, file_kind(path), registry_);
    if (spec == nullptr) journal_.refuse_last(cat("the path must end with .", join(kinds, " or .")));
  }
  Config config{{"path", path}};
  if (!ask_write_mode(*spec, config)) return false;
  draft_.steps.push_back({{"id", new_id(cat("write_", file_kind(path)))},
                          {"component", spec->name},
                          {"needs", {rows.step}},
                          {"config", config}});
  return true;
}

}  // namespace osiris
