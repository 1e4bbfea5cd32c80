#pragma once

#include <string>
#include <vector>

#include "agent/dialog.h"
#include "cli/terminal.h"
#include "cli/terminal_input.h"

namespace osiris::cli {

/// A menu while a person chooses: what they typed to narrow it, where they are, what is chosen. Knows no
/// terminal.
class MenuScreen {
 public:
  MenuScreen(const Menu& menu, bool takes_several);

  /// What a key does; false where it means nothing here and is for the caller.
  bool press(const Key& key);
  /// The lines to show, each narrower than the terminal.
  std::vector<std::string> lines(const Terminal::Size& size, bool has_colour) const;
  /// What Enter takes; empty where nothing can be taken.
  std::vector<std::size_t> taken() const;
  /// One line that stays: the question and what was chosen.
  std::string answer_line(std::size_t columns) const;
  bool has_filter() const { return !filter_.empty(); }

 private:
  void narrow();
  void move(std::ptrdiff_t by);
  std::string item_line(std::size_t at, std::size_t label_width, std::size_t columns, bool has_colour) const;

  const Menu& menu_;  ///< the caller's, who outlives this
  bool takes_several_;
  std::string filter_;
  std::vector<std::size_t> shown_;  ///< items that the filter lets through
  std::size_t at_ = 0;              ///< in shown_
  std::vector<bool> chosen_;        ///< by item
};

}  // namespace osiris::cli
