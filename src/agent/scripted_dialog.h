// A person who answers from a list, for the tests of this folder.
#pragma once

#include <algorithm>
#include <deque>

#include "agent/dialog.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris {

/// Answers in the order of `answers`, as they would be typed: a text, an item's label, labels with commas
/// between, "yes" or "no"; "<" goes back, "^C" interrupts, an empty one takes what is meant by it. After the
/// last one the input has ended. An answer that no menu has is a mistake of the test.
class ScriptedDialog : public Dialog {
 public:
  explicit ScriptedDialog(std::deque<std::string> answers) : answers_(std::move(answers)) {}

  /// All that was shown, a line each; questions begin with "? ".
  const std::string& shown() const { return shown_; }
  std::size_t left_over() const { return answers_.size(); }
  /// Ctrl-C while the next work goes on.
  void interrupt_next_work() { interrupts_work_ = true; }

  void say(std::string_view text, Tone) override { shown_ += cat(text, text.ends_with('\n') ? "" : "\n"); }
  void stream(std::string_view piece) override { shown_ += piece; }

  std::optional<std::string> ask(const Prompt& prompt) override {
    const auto answer = next(prompt.text, prompt.can_go_back);
    return answer && answer->empty() ? prompt.default_text : answer;
  }

  std::optional<std::size_t> choose(const Menu& menu) override {
    const auto several = choose_several(menu);
    if (!several) return std::nullopt;
    invariant(several->size() == 1, cat("one answer to: ", menu.text));
    return several->front();
  }

  std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) override {
    const auto answer = next(menu.text, menu.can_go_back);
    if (!answer) return std::nullopt;
    if (answer->empty()) return menu.chosen;
    std::vector<std::size_t> several;
    for (const std::string& label : split(*answer, ',')) {
      const auto found = std::ranges::find(menu.items, trim(label), &Menu::Item::label);
      invariant(found != menu.items.end(), cat("'", menu.text, "' has the item '", label, "'"));
      several.push_back(static_cast<std::size_t>(found - menu.items.begin()));
    }
    std::ranges::sort(several);
    return several;
  }

  std::optional<bool> confirm(const std::string& question, bool can_go_back) override {
    const auto answer = next(question, can_go_back);
    return answer ? std::optional(*answer == "yes") : std::nullopt;
  }

  NoAnswer no_answer() const override { return no_answer_; }

  bool attend(Cancellation& cancellation, const std::function<void()>& work) override {
    const bool is_interrupted = std::exchange(interrupts_work_, false);
    if (is_interrupted) cancellation.cancel();
    work();
    return is_interrupted;
  }

 private:
  std::optional<std::string> next(const std::string& question, bool can_go_back) {
    say(cat("? ", question), Tone::kPlain);
    no_answer_ = NoAnswer::kEndOfInput;
    if (answers_.empty()) return std::nullopt;
    const std::string answer = answers_.front();
    answers_.pop_front();
    if (answer == "^C") no_answer_ = NoAnswer::kInterrupted;
    if (answer == "<") {
      invariant(can_go_back, cat("one can go back from: ", question));
      no_answer_ = NoAnswer::kBack;
    }
    return answer == "^C" || answer == "<" ? std::nullopt : std::optional(answer);
  }

  std::deque<std::string> answers_;
  std::string shown_;
  NoAnswer no_answer_ = NoAnswer::kEndOfInput;
  bool interrupts_work_ = false;
};

}  // namespace osiris
