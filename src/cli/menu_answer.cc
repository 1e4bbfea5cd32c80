#include "cli/menu_answer.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace osiris::cli {

namespace {

std::vector<std::size_t> every_item(const Menu& menu) {
  std::vector<std::size_t> all(menu.items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

std::optional<std::size_t> read_number(const Menu& menu, std::string_view typed) {
  const auto number = parse_integer(typed);
  if (!number || *number < 1 || *number > static_cast<std::int64_t>(menu.items.size())) return std::nullopt;
  return static_cast<std::size_t>(*number - 1);
}

std::string to_text(std::size_t first, std::size_t last) {
  return first == last ? cat(first + 1) : cat(first + 1, "-", last + 1);
}

}  // namespace

std::vector<std::size_t> matching_items(const Menu& menu, std::string_view typed) {
  const std::string wanted = to_lower(typed);
  std::vector<std::size_t> found;
  for (const std::size_t item : every_item(menu)) {
    const auto has = [&](const std::string& text) {
      return to_lower(text).find(wanted) != std::string::npos;
    };
    if (has(menu.items[item].label) || has(menu.items[item].detail)) found.push_back(item);
  }
  return found;
}

std::optional<std::size_t> read_item(const Menu& menu, std::string_view typed) {
  if (const auto number = read_number(menu, typed)) return number;
  const auto find = [&](const auto& form) -> std::optional<std::size_t> {
    for (const std::size_t item : every_item(menu)) {
      if (form(menu.items[item].label) == form(std::string(typed))) return item;
    }
    return std::nullopt;
  };
  const auto exact = find([](const std::string& text) { return text; });
  return exact ? exact : find([](const std::string& text) { return to_lower(text); });
}

std::optional<std::vector<std::size_t>> read_items(const Menu& menu, std::string_view typed) {
  if (const auto one = read_item(menu, typed)) return std::vector{*one};
  if (to_lower(typed) == "all") return every_item(menu);
  if (to_lower(typed) == "none") return std::vector<std::size_t>{};
  std::vector<std::size_t> items;
  for (const std::string& part : split(typed, ',')) {
    const std::string_view word = trim(part);
    const std::size_t dash = word.find('-');
    const auto one = read_item(menu, word);
    const auto first = dash == std::string_view::npos ? one : read_number(menu, trim(word.substr(0, dash)));
    const auto last = dash == std::string_view::npos ? one : read_number(menu, trim(word.substr(dash + 1)));
    if (one) {
      items.push_back(*one);
    } else if (first && last && *first <= *last) {
      for (std::size_t item = *first; item <= *last; ++item) items.push_back(item);
    } else {
      return std::nullopt;
    }
  }
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

std::string items_text(const Menu& menu, const std::vector<std::size_t>& items) {
  if (items.empty()) return "none";
  if (items.size() == menu.items.size() && items.size() > 1) return "all";
  std::vector<std::string> parts;
  std::size_t first = items.front();
  for (std::size_t at = 0; at < items.size(); ++at) {
    const bool is_last = at + 1 == items.size() || items[at + 1] != items[at] + 1;
    if (!is_last) continue;
    parts.push_back(to_text(first, items[at]));
    if (at + 1 < items.size()) first = items[at + 1];
  }
  return join(parts, ", ");
}

std::optional<bool> read_yes_or_no(std::string_view typed) {
  const std::string word = to_lower(typed);
  if (word == "yes" || word == "y") return true;
  if (word == "no" || word == "n") return false;
  return std::nullopt;
}

}  // namespace osiris::cli
