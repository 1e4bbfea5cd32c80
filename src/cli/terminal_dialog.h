#pragma once

#include <cstdio>

#include "cli/dialog_output.h"
#include "cli/line_editor.h"
#include "cli/terminal.h"

namespace osiris::cli {

/// A conversation on a terminal: lines are edited, lists are menus that arrows and letters go through.
class TerminalDialog : public Dialog {
 public:
  /// `out` is the stream of the descriptor that is a terminal, `file` the same for those who know only that.
  TerminalDialog(const Terminal& terminal, std::ostream& out, std::FILE* file, std::filesystem::path history);

  void say(std::string_view text, Tone tone) override { output_.say(text, tone); }
  void stream(std::string_view piece) override { output_.stream(piece); }
  std::optional<std::string> ask(const Prompt& prompt) override;
  std::optional<std::size_t> choose(const Menu& menu) override;
  std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) override;
  std::optional<bool> confirm(const std::string& question, bool can_go_back) override;
  NoAnswer no_answer() const override { return no_answer_; }
  bool attend(Cancellation& cancellation, const std::function<void()>& work) override {
    return attend_to_signals(cancellation, work);
  }

 private:
  std::optional<std::vector<std::size_t>> choose_items(const Menu& menu, bool takes_several);
  std::optional<std::string> read_secret(const std::string& question);
  std::optional<std::string> read_line(const std::string& question, const Prompt& prompt);

  Terminal terminal_;
  std::ostream& out_;
  std::FILE* file_;
  DialogOutput output_;
  LineEditor editor_;
  NoAnswer no_answer_ = NoAnswer::kEndOfInput;
};

}  // namespace osiris::cli
