#pragma once

#include <variant>
#include <vector>

#include "agent/dialog.h"

namespace osiris {

/// A conversation that can go back: it keeps the answers, and after rewind() it gives them again in silence,
/// so that one who asks the same questions in the same order comes to where the person is.
class Journal : public Dialog {
 public:
  explicit Journal(Dialog& dialog) : dialog_(dialog) {}

  /// Begins anew; the answers that are kept are given first.
  void rewind() { at_ = 0; }
  /// Forgets the last answer that is kept.
  void forget_last();
  /// Says why the last answer will not do, where there is something to say, and forgets it, so that the
  /// question can be asked again. After too many of them no question is asked any more, as if the input had
  /// ended: what answers is no person.
  void refuse_last(std::string_view reason);
  /// Whether the next question will be answered from what is kept.
  bool is_silent() const { return at_ < answers_.size(); }

  void say(std::string_view text, Tone tone = Tone::kPlain) override;
  void stream(std::string_view piece) override;
  std::optional<std::string> ask(const Prompt& prompt) override;
  std::optional<std::size_t> choose(const Menu& menu) override;
  std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) override;
  std::optional<bool> confirm(const std::string& question, bool can_go_back = false) override;
  NoAnswer no_answer() const override { return has_given_up() ? NoAnswer::kEndOfInput : dialog_.no_answer(); }
  bool attend(Cancellation& cancellation, const std::function<void()>& work) override {
    return dialog_.attend(cancellation, work);
  }

 private:
  using Answer = std::variant<std::string, std::size_t, std::vector<std::size_t>, bool>;

  template <typename Kind, typename Asking>
  std::optional<Kind> answer(const Asking& asking);
  bool can_go_back() const { return !answers_.empty(); }
  bool has_given_up() const;

  Dialog& dialog_;
  std::vector<Answer> answers_;
  std::size_t at_ = 0;
  std::size_t refused_at_ = 0, refused_count_ = 0;  ///< answers to one question, one after the other
};

}  // namespace osiris
