#include "cli/menu_screen.h"

#include <algorithm>

#include "base/text.h"
#include "cli/menu_answer.h"

namespace osiris::cli {

namespace {

constexpr std::size_t kMostRows = 12;
constexpr std::size_t kWidestLabel = 40;
constexpr std::string_view kBold = "\x1b[1m", kDim = "\x1b[2m", kCyan = "\x1b[36m", kUsual = "\x1b[0m";

}  // namespace

MenuScreen::MenuScreen(const Menu& menu, bool takes_several)
    : menu_(menu), takes_several_(takes_several), chosen_(menu.items.size()) {
  for (const std::size_t item : menu.chosen) chosen_[item] = takes_several;
  narrow();
  if (!takes_several && !menu.chosen.empty()) at_ = menu.chosen.front();
}

void MenuScreen::narrow() {
  shown_ = matching_items(menu_, filter_);
  at_ = 0;
}

void MenuScreen::move(std::ptrdiff_t by) {
  if (shown_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(shown_.size()) - 1;
  at_ = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(at_) + by, 0, last));
}

bool MenuScreen::press(const Key& key) {
  const auto everything = static_cast<std::ptrdiff_t>(menu_.items.size());
  switch (key.kind) {
    case Key::Kind::kUp:
      move(-1);
      return true;
    case Key::Kind::kDown:
      move(1);
      return true;
    case Key::Kind::kPageUp:
      move(-static_cast<std::ptrdiff_t>(kMostRows));
      return true;
    case Key::Kind::kPageDown:
      move(static_cast<std::ptrdiff_t>(kMostRows));
      return true;
    case Key::Kind::kHome:
      move(-everything);
      return true;
    case Key::Kind::kEnd:
      move(everything);
      return true;
    case Key::Kind::kAll: {
      const bool has_all = std::ranges::all_of(shown_, [&](std::size_t item) { return chosen_[item]; });
      for (const std::size_t item : shown_) chosen_[item] = takes_several_ && !has_all;
      return true;
    }
    case Key::Kind::kText:
      if (takes_several_ && key.text == " ") {
        if (!shown_.empty()) chosen_[shown_[at_]] = !chosen_[shown_[at_]];
        return true;
      }
      filter_ += key.text;
      narrow();
      return true;
    case Key::Kind::kBackspace:
      while (!filter_.empty() && (static_cast<unsigned char>(filter_.back()) & 0xC0U) == 0x80U)
        filter_.pop_back();
      if (!filter_.empty()) filter_.pop_back();
      narrow();
      return true;
    case Key::Kind::kEraseLine:
      filter_.clear();
      narrow();
      return true;
    case Key::Kind::kEscape:
      if (filter_.empty()) return false;
      filter_.clear();
      narrow();
      return true;
    default:
      return false;
  }
}

std::vector<std::size_t> MenuScreen::taken() const {
  if (!takes_several_) return shown_.empty() ? std::vector<std::size_t>{} : std::vector{shown_[at_]};
  std::vector<std::size_t> items;
  for (std::size_t item = 0; item < chosen_.size(); ++item) {
    if (chosen_[item]) items.push_back(item);
  }
  return items;
}

std::string MenuScreen::item_line(std::size_t at, std::size_t label_width, std::size_t columns,
                                  bool has_colour) const {
  const Menu::Item& item = menu_.items[shown_[at]];
  std::string mark = at == at_ ? "> " : "  ";
  if (takes_several_) mark += chosen_[shown_[at]] ? "[x] " : "[ ] ";
  mark = fit(mark, columns);
  const std::size_t room = columns - display_width(mark);
  const std::string label =
      item.detail.empty() ? fit(item.label, room) : fill(item.label, std::min(room, label_width));
  const std::size_t used = display_width(label) + 2;
  const std::string detail = item.detail.empty() || used >= room ? "" : fit(item.detail, room - used);
  if (!has_colour) return cat(mark, label, detail.empty() ? "" : "  ", detail);
  return cat(at == at_ ? kCyan : "", mark, label, kUsual, detail.empty() ? "" : "  ", kDim, detail, kUsual);
}

std::vector<std::string> MenuScreen::lines(const Terminal::Size& size, bool has_colour) const {
  // A character in the last column would make some terminals begin a line.
  const std::size_t columns = std::max<std::size_t>(size.columns, 2) - 1;
  const std::size_t rows = std::min(kMostRows, std::max<std::size_t>(size.lines, 5) - 4);
  std::vector<std::string> lines;
  const std::string question = fit(menu_.text, columns);
  lines.push_back(has_colour ? cat(kBold, question, kUsual) : question);
  std::string help = takes_several_ ? "space chooses, ctrl-a all, enter takes them" : "enter takes it";
  help = cat("arrows or letters find, ", help, menu_.can_go_back ? ", esc goes back" : "");
  lines.push_back(filter_.empty() ? fit(help, columns) : fit(cat("find: ", filter_), columns));
  if (has_colour && filter_.empty()) lines.back() = cat(kDim, lines.back(), kUsual);
  const std::size_t first = at_ < rows ? 0 : at_ - rows + 1;
  const std::size_t end = std::min(shown_.size(), first + rows);
  std::size_t width = 0;
  for (std::size_t at = first; at < end; ++at)
    width = std::max(width, display_width(menu_.items[shown_[at]].label));
  width = std::min(width, kWidestLabel);
  for (std::size_t at = first; at < end; ++at) lines.push_back(item_line(at, width, columns, has_colour));
  if (shown_.empty()) lines.push_back(fit("  nothing has that in its name", columns));
  if (shown_.size() > end - first)
    lines.push_back(fit(cat("  ", first + 1, " to ", end, " of ", shown_.size()), columns));
  return lines;
}

std::string MenuScreen::answer_line(std::size_t columns) const {
  const std::vector<std::size_t> items = taken();
  std::vector<std::string> labels;
  for (const std::size_t item : items) labels.push_back(menu_.items[item].label);
  const bool has_all = takes_several_ && items.size() == menu_.items.size() && items.size() > 1;
  return fit(cat(menu_.text, " ", has_all ? "all" : labels.empty() ? "none" : join(labels, ", ")), columns);
}

}  // namespace osiris::cli
