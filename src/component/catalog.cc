#include "component/catalog.h"

#include "base/text.h"

namespace osiris {

CatalogLists::CatalogLists(const Rows& tables) {
  constexpr std::string_view kOurs = "_osiris_";
  for (const auto& row : tables) {
    CatalogTable table;
    table.name = row[0].value_or("");
    table.is_view = row[1] == "view";
    const std::int64_t estimate = parse_integer(row[2].value_or("")).value_or(-1);
    if (estimate >= 0) table.estimated_rows = static_cast<std::uint64_t>(estimate);
    if (std::string_view(table.name).substr(table.name.rfind('.') + 1).starts_with(kOurs)) continue;
    places_.emplace(table.name, tables_.size());
    tables_.push_back(std::move(table));
  }
}

CatalogTable* CatalogLists::find(const std::optional<std::string>& name) {
  const auto found = places_.find(name.value_or(""));
  return found == places_.end() ? nullptr : &tables_[found->second];
}

void CatalogLists::add_columns(const Rows& rows) {
  for (const auto& row : rows) {
    if (CatalogTable* table = find(row[0]))
      table->columns.push_back({row[1].value_or(""), row[2].value_or(""), row[3] != "no"});
  }
}

void CatalogLists::add_keys(const Rows& rows) {
  std::size_t at = 0;
  while (at < rows.size()) {
    std::vector<std::string> key;
    bool is_whole = true;
    const auto& first = rows[at];
    for (; at < rows.size() && rows[at][0] == first[0] && rows[at][1] == first[1]; ++at) {
      is_whole = is_whole && rows[at][2].has_value();
      key.push_back(rows[at][2].value_or(""));
    }
    CatalogTable* table = find(first[0]);
    if (table != nullptr && is_whole) table->keys.push_back(std::move(key));
  }
}

}  // namespace osiris
