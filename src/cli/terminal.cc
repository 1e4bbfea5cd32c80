#include "cli/terminal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cwchar>
#include <optional>

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

namespace osiris::cli {

namespace {

constexpr std::string_view kEllipsis = "…";
/// Shows the cursor, and wraps lines again.
constexpr std::string_view kShow = "\x1b[?7h\x1b[?25h";
constexpr std::string_view kHide = "\x1b[?25l";
constexpr std::array<int, 2> kOtherEnds{SIGTSTP, SIGQUIT};

locale_t utf8() {
  static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return kUtf8;
}

/// What stands at the beginning of a text.
struct Sign {
  std::size_t byte_count = 1;
  int columns = 1;  ///< -1: it cannot be shown
};

/// Bytes of a colour at the beginning of a text; 0 where there is none.
std::size_t colour_size(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

/// Marks that turn the direction of what stands after them. Source: Unicode Standard Annex 9, section 2.
bool turns_direction(wchar_t character) {
  return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
}

/// Requires: Utf8Speech.
Sign first_sign(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80U) return {1, first < 0x20U || first == 0x7FU ? -1 : 1};
  wchar_t character = 0;
  std::mbstate_t state{};
  const std::size_t size = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (Utf8Speech::is_known() && size <= text.size())
    return {size, turns_direction(character) ? -1 : ::wcwidth(character)};
  const std::size_t next = static_cast<std::size_t>(
      std::find_if(text.begin() + 1, text.end(),
                   [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }) -
      text.begin());
  return Utf8Speech::is_known() ? Sign{1, -1} : Sign{next, 2};
}

/// A signal that the process was told to ignore stays ignored.
void handle(int signal, void (*handler)(int)) {
  if (::signal(signal, handler) == SIG_IGN) ::signal(signal, SIG_IGN);
}

void say(std::string_view words) {
  if (::write(STDERR_FILENO, words.data(), words.size()) < 0) return;
}

/// All that a handler of signals can reach.
std::atomic<bool> has_shown_cursor = false;

/// Shows the cursor, then does what the signal does without us.
void show_and_follow(int signal) {
  say(kShow);
  has_shown_cursor = true;
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

Utf8Speech::Utf8Speech() : before_(::uselocale(utf8())) {}

Utf8Speech::~Utf8Speech() { ::uselocale(before_); }

bool Utf8Speech::is_known() { return utf8() != nullptr; }

Terminal::Terminal(int descriptor) : descriptor_(descriptor) {
  const char* type = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  const std::string_view kind = type == nullptr ? "dumb" : type;
  is_shown_ = ::isatty(descriptor) == 1 && kind != "dumb";
  has_colour_ = is_shown_ && (no_colour == nullptr || *no_colour == '\0');
  constexpr std::array<std::string_view, 4> kUnbroken{"linux", "rxvt", "screen", "vt"};
  const bool is_old = std::getenv("XTERM_VERSION") != nullptr ||
                      std::ranges::any_of(kUnbroken, [&](auto name) { return kind.starts_with(name); });
  breaks_lines_ = std::getenv("TMUX") != nullptr || !is_old;
}

Terminal::Size Terminal::size() const {
  winsize facts{};
  if (::ioctl(descriptor_, TIOCGWINSZ, &facts) != 0 || facts.ws_col == 0 || facts.ws_row == 0) return {};
  return {facts.ws_col, facts.ws_row};
}

std::size_t display_width(std::string_view text) {
  const Utf8Speech speech;
  std::size_t columns = 0;
  while (!text.empty()) {
    if (const std::size_t size = colour_size(text); size > 0) {
      text.remove_prefix(size);
      continue;
    }
    const Sign sign = first_sign(text);
    columns += static_cast<std::size_t>(sign.columns < 0 ? 1 : sign.columns);
    text.remove_prefix(sign.byte_count);
  }
  return columns;
}

std::string fit(std::string_view text, std::size_t columns) {
  const Utf8Speech speech;
  std::string shown;
  std::size_t used = 0, cut_at = 0;  // where the text ends if it does not fit
  while (!text.empty()) {
    const Sign sign = first_sign(text);
    const auto width = static_cast<std::size_t>(sign.columns < 0 ? 1 : sign.columns);
    if (used + width > columns) {
      shown.resize(cut_at);
      return columns == 0 ? "" : shown.append(kEllipsis);
    }
    used += width;
    if (sign.columns < 0) {
      shown += '?';
    } else {
      shown += text.substr(0, sign.byte_count);
    }
    if (used < columns) cut_at = shown.size();
    text.remove_prefix(sign.byte_count);
  }
  return shown;
}

std::string fill(std::string_view text, std::size_t columns) {
  std::string shown = fit(text, columns);
  return shown.append(columns - std::min(columns, display_width(shown)), ' ');
}

std::string harmless(std::string_view text) {
  const Utf8Speech speech;
  std::string shown;
  while (!text.empty()) {
    const Sign sign = first_sign(text);
    const std::string_view character = text.substr(0, sign.byte_count);
    const bool is_shown = sign.columns >= 0 || character == "\n" || character == "\t";
    if (is_shown) {
      shown += character;
    } else if (!text.starts_with("\r\n")) {
      shown += '?';
    }
    text.remove_prefix(sign.byte_count);
  }
  return shown;
}

std::string painted(std::string_view word) {
  std::string_view colour;
  if (word == "success") colour = "32";
  if (word == "failed" || word == "crashed") colour = "31";
  if (word == "cancelled") colour = "33";
  return colour.empty() ? std::string(word) : cat("\x1b[", colour, "m", word, "\x1b[0m");
}

HiddenCursor::HiddenCursor() { hide(); }

bool HiddenCursor::hide() {
  for (const int signal : kOtherEnds) handle(signal, show_and_follow);
  say(kHide);
  return has_shown_cursor.exchange(false);
}

HiddenCursor::~HiddenCursor() {
  say(kShow);
  for (const int signal : kOtherEnds) handle(signal, SIG_DFL);
}

}  // namespace osiris::cli
