#include "cli/plain_dialog.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "cli/menu_answer.h"
#include "cli/terminal.h"

namespace osiris::cli {

namespace {

/// A person has given up long before; what goes on answering is no person.
constexpr std::size_t kMostWrongAnswers = 20;
/// More are found by a part of their name.
constexpr std::size_t kMostListed = 40;

std::string in_brackets(const std::string& text) { return text.empty() ? "" : cat(" [", text, "]"); }

}  // namespace

std::optional<std::string> PlainDialog::read_line(const std::string& question, bool can_go_back,
                                                  bool is_secret) {
  output().begin_line();
  output().put(harmless(question));
  std::string line;
  const PipedLines::Event event = in_.read(line, interrupt_);
  why() = event == PipedLines::Event::kInterrupted ? NoAnswer::kInterrupted : NoAnswer::kEndOfInput;
  if (event != PipedLines::Event::kLine) {
    output().begin_line();
    return std::nullopt;
  }
  if (line.ends_with('\r')) line.pop_back();
  if (echoes_) output().put(cat(is_secret ? "" : harmless(line), "\n"));
  output().end_line();
  if (can_go_back && trim(line) == "<") {
    why() = NoAnswer::kBack;
    return std::nullopt;
  }
  return line;
}

bool PlainDialog::refuse(const std::string& reason, Tone tone) {
  output().say(reason, tone);
  why() = NoAnswer::kEndOfInput;
  return ++wrong_answers_ < kMostWrongAnswers;
}

std::optional<std::string> PlainDialog::ask(const Prompt& prompt) {
  if (!prompt.hint.empty()) output().say(cat("(", prompt.hint, ")"), Tone::kNote);
  const bool is_sentence = !prompt.text.ends_with(' ');
  const std::string question =
      is_sentence ? cat(prompt.text, in_brackets(prompt.default_text), ": ") : prompt.text;
  for (;;) {
    const auto line = read_line(question, prompt.can_go_back, prompt.is_secret);
    if (!line) return std::nullopt;
    if (is_valid_utf8(*line)) {
      wrong_answers_ = 0;
      if (prompt.keeps_spaces && !is_blank(*line)) return line;
      const std::string_view answer = trim(*line);
      return answer.empty() ? prompt.default_text : std::string(answer);
    }
    if (!refuse("the answer is not UTF-8")) return std::nullopt;
  }
}

void PlainDialog::list(const Menu& menu, const std::vector<std::size_t>& items) {
  const std::size_t shown = std::min(items.size(), kMostListed);
  std::size_t width = 0;
  for (std::size_t at = 0; at < shown; ++at)
    width = std::max(width, display_width(harmless(menu.items[items[at]].label)));
  const std::size_t number_width = cat(menu.items.size()).size();
  for (std::size_t at = 0; at < shown; ++at) {
    const Menu::Item& item = menu.items[items[at]];
    const std::string number = cat(items[at] + 1), label = harmless(item.label);
    std::string line = cat("  ", std::string(number_width - number.size(), ' '), number, "  ", label);
    if (!item.detail.empty()) line += cat(std::string(width - display_width(label) + 2, ' '), item.detail);
    output().say(line, Tone::kPlain);
  }
  if (items.size() > shown)
    output().say(cat("  and ", items.size() - shown, " more: type a part of the name"), Tone::kPlain);
}

std::optional<std::vector<std::size_t>> PlainDialog::choose_items(const Menu& menu, bool takes_several) {
  output().say(menu.text, Tone::kHeading);
  std::vector<std::size_t> all(menu.items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  list(menu, all);
  if (!menu.hint.empty()) output().say(cat("(", menu.hint, ")"), Tone::kNote);
  const std::string several = takes_several ? "numbers or names, with commas between" : "number or name";
  const std::string question =
      cat(several, menu.chosen.empty() ? "" : in_brackets(items_text(menu, menu.chosen)), ": ");
  for (;;) {
    const auto line = read_line(question, menu.can_go_back);
    if (!line) return std::nullopt;
    const std::string_view typed = trim(*line);
    auto items = read_items(menu, typed);
    if (typed.empty() && (takes_several || !menu.chosen.empty())) items = menu.chosen;
    if (items && (takes_several || items->size() == 1)) {
      wrong_answers_ = 0;
      return items;
    }
    const auto near = typed.empty() ? std::vector<std::size_t>{} : matching_items(menu, typed);
    const bool goes_on = near.empty() ? refuse(cat("no such answer: '", shortened(typed, 80), "'"))
                                      : refuse("Which of these?", Tone::kPlain);
    if (!goes_on) return std::nullopt;
    list(menu, near);
  }
}

std::optional<bool> PlainDialog::confirm(const std::string& question, bool can_go_back) {
  for (;;) {
    const auto line = read_line(cat(question, " (yes or no): "), can_go_back);
    if (!line) return std::nullopt;
    if (const auto answer = read_yes_or_no(trim(*line))) {
      wrong_answers_ = 0;
      return answer;
    }
    if (!refuse("answer yes or no")) return std::nullopt;
  }
}

bool PlainDialog::attend(Cancellation& cancellation, const std::function<void()>& work) {
  const WakeUp interrupt(cancellation);
  interrupt_ = &interrupt;
  const bool was_interrupted = ShownDialog::attend(cancellation, work);
  interrupt_ = nullptr;
  return was_interrupted;
}

}  // namespace osiris::cli
