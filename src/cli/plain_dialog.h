#pragma once

#include "cli/piped_lines.h"
#include "cli/shown_dialog.h"

namespace osiris::cli {

/// A conversation line by line: a script, a pipe or a terminal that cannot move its cursor answers. Lists are
/// numbered; "<" goes back.
class PlainDialog : public ShownDialog {
 public:
  /// `echoes`: what is answered is shown, for nobody saw it being typed.
  PlainDialog(int in, std::ostream& out, bool echoes) : ShownDialog(out, false), in_(in), echoes_(echoes) {}

  std::optional<std::string> ask(const Prompt& prompt) override;
  std::optional<bool> confirm(const std::string& question, bool can_go_back) override;
  bool attend(Cancellation& cancellation, const std::function<void()>& work) override;

 private:
  /// What was typed after the question, with its spaces; nothing after the last line and for "<".
  std::optional<std::string> read_line(const std::string& question, bool can_go_back, bool is_secret = false);
  void list(const Menu& menu, const std::vector<std::size_t>& items);
  /// Says what is wrong with an answer. False where there were so many that none will be right.
  bool refuse(const std::string& reason, Tone tone = Tone::kError);
  std::optional<std::vector<std::size_t>> choose_items(const Menu& menu, bool takes_several) override;

  PipedLines in_;
  bool echoes_;
  const WakeUp* interrupt_ = nullptr;  ///< while work is attended
  std::size_t wrong_answers_ = 0;      ///< one after the other
};

}  // namespace osiris::cli
