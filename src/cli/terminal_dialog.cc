#include "cli/terminal_dialog.h"

#include <unistd.h>

#include "base/text.h"
#include "cli/live_lines.h"
#include "cli/menu_answer.h"
#include "cli/menu_screen.h"

namespace osiris::cli {

namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";

/// The text with line breaks between words, so that no line is wider, where its words are not.
std::string wrapped(std::string_view text, std::size_t columns) {
  std::string lines;
  std::size_t used = 0;
  for (const std::string& word : split(text, ' ')) {
    const std::size_t width = display_width(word);
    const bool begins_line = used > 0 && used + 1 + width > columns;
    if (begins_line) used = 0;
    lines += cat(begins_line ? "\n" : used > 0 ? " " : "", word);
    used += width + (used > 0 ? 1 : 0);
  }
  return lines;
}

}  // namespace

TerminalDialog::TerminalDialog(const Terminal& terminal, std::ostream& out, std::FILE* file,
                               std::filesystem::path history)
    : ShownDialog(out, terminal.has_colour()),
      terminal_(terminal),
      out_(out),
      file_(file),
      editor_(file, std::move(history)) {}

std::optional<std::string> TerminalDialog::read_secret(const std::string& question) {
  output().put(question);
  TerminalInput input(STDIN_FILENO, ::fileno(file_));
  input.take_keys();
  std::string secret;
  for (;;) {
    const Key key = read_key(input);
    if (key.kind == Key::Kind::kText) secret += key.text;
    if (key.kind == Key::Kind::kEraseLine) secret.clear();
    if (key.kind == Key::Kind::kBackspace && !secret.empty()) {
      while (secret.size() > 1 && (static_cast<unsigned char>(secret.back()) & 0xC0U) == 0x80U)
        secret.pop_back();
      secret.pop_back();
    }
    const bool is_left = key.kind == Key::Kind::kInterrupted || key.kind == Key::Kind::kEndOfInput;
    if (!is_left && key.kind != Key::Kind::kEnter) continue;
    output().put("\n");
    why() = key.kind == Key::Kind::kInterrupted ? NoAnswer::kInterrupted : NoAnswer::kEndOfInput;
    return is_left ? std::nullopt : std::optional(secret);
  }
}

std::optional<std::string> TerminalDialog::read_line(const std::string& question, const Prompt& prompt) {
  output().begin_line();
  const auto line = prompt.is_secret ? read_secret(harmless(question))
                                     : editor_.read(harmless(question), prompt.completions, why());
  if (line && prompt.can_go_back && trim(*line) == "<") {
    why() = NoAnswer::kBack;
    return std::nullopt;
  }
  return line;
}

std::optional<std::string> TerminalDialog::ask(const Prompt& prompt) {
  if (!prompt.hint.empty()) output().say(wrapped(prompt.hint, terminal_.size().columns - 1), Tone::kNote);
  const bool is_sentence = !prompt.text.ends_with(' ');
  const std::string usual = prompt.default_text.empty() ? "" : cat(" [", prompt.default_text, "]");
  const auto line = read_line(is_sentence ? cat(prompt.text, usual, ": ") : prompt.text, prompt);
  if (!line) return std::nullopt;
  const std::string answer(prompt.keeps_spaces && !is_blank(*line) ? *line : trim(*line));
  if (!prompt.is_secret) editor_.remember(answer);
  return answer.empty() ? prompt.default_text : answer;
}

std::optional<bool> TerminalDialog::confirm(const std::string& question, bool can_go_back) {
  Prompt prompt{question};
  prompt.can_go_back = can_go_back;
  prompt.completions = {"yes", "no"};
  for (;;) {
    const auto line = read_line(cat(question, " (yes or no) "), prompt);
    if (!line) return std::nullopt;
    if (const auto answer = read_yes_or_no(trim(*line))) return answer;
  }
}

std::optional<std::vector<std::size_t>> TerminalDialog::choose_items(const Menu& menu, bool takes_several) {
  output().begin_line();
  if (!menu.hint.empty()) output().say(wrapped(menu.hint, terminal_.size().columns - 1), Tone::kNote);
  MenuScreen screen(menu, takes_several);
  LiveLines lines(terminal_, out_);
  TerminalInput input(STDIN_FILENO, ::fileno(file_));
  input.take_keys();
  out_ << kHideCursor;
  for (;;) {
    const Terminal::Size size = terminal_.size();
    lines.draw(screen.lines(size, terminal_.has_colour()), size);
    const Key key = read_key(input);
    const bool goes_back =
        menu.can_go_back && !screen.has_filter() &&
        (key.kind == Key::Kind::kEscape || (key.kind == Key::Kind::kText && key.text == "<"));
    const bool takes = key.kind == Key::Kind::kEnter && (takes_several || !screen.taken().empty());
    const bool leaves = key.kind == Key::Kind::kInterrupted || key.kind == Key::Kind::kEndOfInput;
    if (!goes_back && !takes && !leaves) {
      if (key.kind == Key::Kind::kResumed) {
        out_ << kHideCursor;
        lines.forget();
      }
      screen.press(key);
      continue;
    }
    lines.draw({}, size);
    if (takes) {
      output().say(screen.answer_line(size.columns - 1), Tone::kPlain);
      return screen.taken();
    }
    why() = goes_back                             ? NoAnswer::kBack
            : key.kind == Key::Kind::kInterrupted ? NoAnswer::kInterrupted
                                                  : NoAnswer::kEndOfInput;
    return std::nullopt;
  }
}

}  // namespace osiris::cli
