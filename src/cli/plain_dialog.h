#pragma once

#include <istream>

#include "cli/dialog_output.h"

namespace osiris::cli {

/// A conversation line by line: a script, a pipe or a terminal that cannot move its cursor answers. Lists are
/// numbered; "<" goes back.
class PlainDialog : public Dialog {
 public:
  /// `echoes`: what is answered is shown, for nobody saw it being typed.
  PlainDialog(std::istream& in, std::ostream& out, bool echoes)
      : in_(in), output_(out, false), echoes_(echoes) {}

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
  /// What was typed after the question, with its spaces; nothing after the last line and for "<".
  std::optional<std::string> read_line(const std::string& question, bool can_go_back, bool is_secret = false);
  void list(const Menu& menu, const std::vector<std::size_t>& items);
  /// Says what is wrong with an answer. False where there were so many that none will be right.
  bool refuse(const std::string& reason, Tone tone = Tone::kError);
  std::optional<std::vector<std::size_t>> choose_items(const Menu& menu, bool takes_several);

  std::istream& in_;
  DialogOutput output_;
  bool echoes_;
  NoAnswer no_answer_ = NoAnswer::kEndOfInput;
  std::size_t wrong_answers_ = 0;  ///< one after the other
};

}  // namespace osiris::cli
