#include "cli/terminal_input.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <map>
#include <string_view>

#include <poll.h>
#include <unistd.h>

#include "base/error.h"

namespace osiris::cli {

namespace {

/// Shows the cursor, wraps lines, and takes what is pasted as typed.
constexpr std::string_view kAsBefore = "\x1b[?25h\x1b[?7h\x1b[?2004l";
constexpr std::array<int, 4> kLeaving{SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
constexpr std::array<int, 3> kWaking{SIGINT, SIGWINCH, SIGCONT};
/// A key that sends several bytes sends them at once; a person who presses Escape sends one.
constexpr int kSequenceMs = 50;

/// All that handlers of signals can reach.
int in_descriptor = -1, out_descriptor = -1;
pthread_t reader{};
std::atomic<bool> has_reader = false;
termios found_state{};
std::atomic<bool> was_interrupted = false, was_resized = false, was_resumed = false;
std::array<struct sigaction, kLeaving.size() + kWaking.size()> found_handlers{};

void restore() {
  ::tcsetattr(in_descriptor, TCSADRAIN, &found_state);
  if (::write(out_descriptor, kAsBefore.data(), kAsBefore.size()) < 0) return;
}

/// Leaves the terminal as it was, does what the signal does without us, and comes back from a stop.
void leave_by(int signal) {
  const int saved_errno = errno;
  termios ours{};
  ::tcgetattr(in_descriptor, &ours);
  restore();
  struct sigaction usual {};
  struct sigaction mine {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(signal, &usual, &mine);
  sigset_t only;
  sigset_t before;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::raise(signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, &before);
  // Only a process that was stopped comes here.
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::sigaction(signal, &mine, nullptr);
  ::tcsetattr(in_descriptor, TCSADRAIN, &ours);
  was_resumed = true;
  errno = saved_errno;
}

void wake_by(int signal) {
  if (signal == SIGINT) was_interrupted = true;
  if (signal == SIGWINCH) was_resized = true;
  if (signal == SIGCONT) was_resumed = true;
}

void install(int signal, void (*handler)(int), struct sigaction& found) {
  struct sigaction wanted {};
  wanted.sa_handler = handler;  // without SA_RESTART: whoever waits for a key hears of it
  ::sigaction(signal, nullptr, &found);
  // A signal that the process was told to ignore stays ignored.
  if (found.sa_handler != SIG_IGN) ::sigaction(signal, &wanted, nullptr);
}

Key::Kind kind_of_sequence(std::string_view sequence) {
  using Kind = Key::Kind;
  // Source: xterm control sequences, PC-style function keys.
  static const std::map<std::string_view, Kind> kSequences{
      {"[A", Kind::kUp},      {"OA", Kind::kUp},        {"[B", Kind::kDown}, {"OB", Kind::kDown},
      {"[5~", Kind::kPageUp}, {"[6~", Kind::kPageDown}, {"[H", Kind::kHome}, {"OH", Kind::kHome},
      {"[1~", Kind::kHome},   {"[F", Kind::kEnd},       {"OF", Kind::kEnd},  {"[4~", Kind::kEnd}};
  const auto found = kSequences.find(sequence);
  return found == kSequences.end() ? Kind::kOther : found->second;
}

/// The rest of a key that began with Escape. Source: ECMA-48, 5.4.
Key read_sequence(TerminalInput& input) {
  std::string sequence;
  char byte = 0;
  while (input.read(byte, kSequenceMs) == TerminalInput::Event::kByte) {
    sequence += byte;
    const bool is_introduced = sequence == "[" || sequence == "O";
    const bool is_parameter = sequence.size() > 1 && byte < '@';
    if (!is_introduced && !is_parameter) break;
  }
  return {sequence.empty() ? Key::Kind::kEscape : kind_of_sequence(sequence)};
}

Key::Kind kind_of_control(char byte) {
  using Kind = Key::Kind;
  static const std::map<char, Kind> kControls{{'\r', Kind::kEnter},         {'\n', Kind::kEnter},
                                              {'\x7f', Kind::kBackspace},   {'\b', Kind::kBackspace},
                                              {'\x03', Kind::kInterrupted}, {'\x04', Kind::kEndOfInput},
                                              {'\x01', Kind::kAll},         {'\x15', Kind::kEraseLine},
                                              {'\x10', Kind::kUp},          {'\x0e', Kind::kDown}};
  const auto found = kControls.find(byte);
  return found == kControls.end() ? Kind::kOther : found->second;
}

}  // namespace

TerminalInput::TerminalInput(int in, int out) : in_(in) {
  in_descriptor = in;
  out_descriptor = out;
  was_interrupted = false;
  was_resized = false;
  was_resumed = false;
  invariant(::tcgetattr(in, &found_state) == 0, "questions are asked on a terminal");
  std::size_t at = 0;
  for (const int signal : kLeaving) install(signal, leave_by, found_handlers.at(at++));
  for (const int signal : kWaking) install(signal, wake_by, found_handlers.at(at++));
  reader = ::pthread_self();
  has_reader = true;
}

void interrupt_input() {
  if (!has_reader) return;
  was_interrupted = true;
  ::pthread_kill(reader, SIGWINCH);  // ends its wait, and is ignored where it no longer waits
}

TerminalInput::~TerminalInput() {
  has_reader = false;
  restore();
  std::size_t at = 0;
  for (const int signal : kLeaving) ::sigaction(signal, &found_handlers.at(at++), nullptr);
  for (const int signal : kWaking) ::sigaction(signal, &found_handlers.at(at++), nullptr);
}

void TerminalInput::take_keys() {
  termios keys = found_state;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  keys.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
  keys.c_cc[VINTR] = _POSIX_VDISABLE;
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  ::tcsetattr(in_, TCSADRAIN, &keys);
}

TerminalInput::Event TerminalInput::read(char& byte, int timeout_ms) {
  for (;;) {
    if (was_interrupted.exchange(false)) return Event::kInterrupted;
    if (was_resumed.exchange(false)) return Event::kResumed;
    if (was_resized.exchange(false)) return Event::kResized;
    pollfd waited{in_, POLLIN, 0};
    const int ready = ::poll(&waited, 1, timeout_ms);
    if (ready == 0) return Event::kTimeout;
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t count = ready < 0 ? -1 : ::read(in_, &byte, 1);
    if (count == 1) return Event::kByte;
    if (count == 0 || errno != EINTR) return Event::kEndOfInput;
  }
}

Key read_key(TerminalInput& input) {
  char byte = 0;
  switch (input.read(byte)) {
    case TerminalInput::Event::kEndOfInput:
      return {Key::Kind::kEndOfInput};
    case TerminalInput::Event::kInterrupted:
      return {Key::Kind::kInterrupted};
    case TerminalInput::Event::kResized:
      return {Key::Kind::kResized};
    case TerminalInput::Event::kResumed:
      return {Key::Kind::kResumed};
    case TerminalInput::Event::kTimeout:
      return {};
    case TerminalInput::Event::kByte:
      break;
  }
  if (byte == '\x1b') return read_sequence(input);
  const auto first = static_cast<unsigned char>(byte);
  if (first < 0x20U || first == 0x7FU) return {kind_of_control(byte)};
  Key key{Key::Kind::kText, std::string(1, byte)};
  // Source: RFC 3629, section 3.
  const std::size_t size = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 1;
  while (key.text.size() < size && input.read(byte, kSequenceMs) == TerminalInput::Event::kByte)
    key.text += byte;
  return key;
}

}  // namespace osiris::cli
