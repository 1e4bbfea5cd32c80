#include "cli/dialog_output.h"

#include <csignal>

#include "base/text.h"
#include "cli/terminal.h"
#include "cli/terminal_input.h"
#include "run/stop_signals.h"

namespace osiris::cli {

namespace {

constexpr std::string_view kEndColour = "\x1b[0m";

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kHeading:
      return "\x1b[1m";
    case Tone::kNote:
      return "\x1b[2m";
    case Tone::kWarning:
      return "\x1b[33m";
    case Tone::kError:
      return "\x1b[31m";
  }
  return "";
}

std::string_view word_of(Tone tone) {
  if (tone == Tone::kWarning) return "warning: ";
  return tone == Tone::kError ? "error: " : "";
}

/// Bytes at the end of a text that are the beginning of a character. Source: RFC 3629, section 3.
std::size_t unfinished_bytes(std::string_view text) {
  constexpr std::size_t kMostBytes = 4;
  for (std::size_t count = 1; count < kMostBytes && count <= text.size(); ++count) {
    const auto byte = static_cast<unsigned char>(text[text.size() - count]);
    if ((byte & 0xC0U) == 0x80U) continue;
    const std::size_t wanted = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return wanted > count ? count : 0;
  }
  return 0;
}

}  // namespace

void DialogOutput::begin_line() {
  if (!cut_.empty()) put(harmless(std::exchange(cut_, {})));
  if (is_in_line_) out_ << '\n';
  is_in_line_ = false;
}

void DialogOutput::put(std::string_view text) {
  out_ << text << std::flush;
  if (!text.empty()) is_in_line_ = text.back() != '\n';
}

void DialogOutput::say(std::string_view text, Tone tone) {
  begin_line();
  std::string shown = cat(word_of(tone), harmless(text));
  if (shown.ends_with('\n')) shown.pop_back();
  const std::string_view colour = has_colour_ ? colour_of(tone) : "";
  put(cat(colour, shown, colour.empty() ? "" : kEndColour, "\n"));
}

void DialogOutput::stream(std::string_view piece) {
  std::string whole = std::exchange(cut_, {}).append(piece);
  const std::size_t cut_at = whole.size() - unfinished_bytes(whole);
  cut_ = whole.substr(cut_at);
  whole.resize(cut_at);
  put(harmless(whole));
}

bool attend_to_signals(Cancellation& cancellation, const std::function<void()>& work) {
  int received = 0;
  {
    const StopSignals signals([&](int) {
      cancellation.cancel();
      interrupt_input();  // a question may wait in the midst of the work
    });
    work();
    received = signals.received();
  }
  if (received != 0 && received != SIGINT) ::raise(received);
  return received == SIGINT;
}

}  // namespace osiris::cli
