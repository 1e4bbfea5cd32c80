#pragma once

#include "cli/dialog_output.h"

namespace osiris::cli {

/// What both kinds of conversation have in common.
class ShownDialog : public Dialog {
 public:
  void say(std::string_view text, Tone tone) override { output_.say(text, tone); }
  void stream(std::string_view piece) override { output_.stream(piece); }
  std::optional<std::size_t> choose(const Menu& menu) override {
    const auto items = choose_items(menu, false);
    return items ? std::optional(items->front()) : std::nullopt;
  }
  std::optional<std::vector<std::size_t>> choose_several(const Menu& menu) override {
    return choose_items(menu, true);
  }
  NoAnswer no_answer() const override { return why_; }
  bool attend(Cancellation& cancellation, const std::function<void()>& work) override {
    return attend_to_signals(cancellation, work);
  }

 protected:
  ShownDialog(std::ostream& out, bool has_colour) : output_(out, has_colour) {}
  DialogOutput& output() { return output_; }
  /// Why the last question has no answer.
  NoAnswer& why() { return why_; }

 private:
  /// One item or any number of them.
  virtual std::optional<std::vector<std::size_t>> choose_items(const Menu& menu, bool takes_several) = 0;

  DialogOutput output_;
  NoAnswer why_ = NoAnswer::kEndOfInput;
};

}  // namespace osiris::cli
