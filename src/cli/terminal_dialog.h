#pragma once

#include <cstdio>

#include "cli/line_editor.h"
#include "cli/shown_dialog.h"
#include "cli/terminal.h"

namespace osiris::cli {

/// A conversation on a terminal: lines are edited, lists are menus that arrows and letters go through.
class TerminalDialog : public ShownDialog {
 public:
  /// `out` is the stream of the descriptor that is a terminal, `file` the same for those who know only that.
  TerminalDialog(const Terminal& terminal, std::ostream& out, std::FILE* file, std::filesystem::path history);

  std::optional<std::string> ask(const Prompt& prompt) override;
  std::optional<bool> confirm(const std::string& question, bool can_go_back) override;

 private:
  std::optional<std::vector<std::size_t>> choose_items(const Menu& menu, bool takes_several) override;
  std::optional<std::string> read_secret(const std::string& question);
  std::optional<std::string> read_line(const std::string& question, const Prompt& prompt);

  Terminal terminal_;
  std::ostream& out_;
  std::FILE* file_;
  LineEditor editor_;
};

}  // namespace osiris::cli
