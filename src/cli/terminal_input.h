#pragma once

#include <optional>
#include <string>

#include <termios.h>

namespace osiris::cli {

/// The terminal that a person types into, while a question waits for them. Whatever ends the process or stops
/// it leaves the terminal as it was found; SIGINT from outside is a key that the person pressed.
class TerminalInput {
 public:
  /// Requires: `in` is a terminal, and no other TerminalInput lives.
  TerminalInput(int in, int out);
  ~TerminalInput();
  TerminalInput(const TerminalInput&) = delete;
  TerminalInput& operator=(const TerminalInput&) = delete;

  /// Keys arrive one by one and unseen.
  void take_keys();

  enum class Event {
    kByte,
    kEndOfInput,
    kInterrupted,
    kResized,  ///< the window has another size
    kResumed,  ///< the process was stopped and goes on: the cursor is somewhere else
    kTimeout,
  };
  /// Waits for a byte, at most so long; -1: as long as it takes.
  Event read(char& byte, int timeout_ms = -1);

 private:
  int in_;
};

/// Ends the read that goes on with kInterrupted, for whoever takes SIGINT in its place. Thread-safe; without
/// a TerminalInput it does nothing.
void interrupt_input();

/// A key that was pressed.
struct Key {
  enum class Kind {
    kText,
    kEnter,
    kBackspace,
    kEscape,
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEraseLine,    ///< Ctrl-U
    kAll,          ///< Ctrl-A
    kEndOfInput,   ///< Ctrl-D, or the terminal has gone
    kInterrupted,  ///< Ctrl-C
    kResized,
    kResumed,
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string text{};  ///< of kText: one character

  friend bool operator==(const Key&, const Key&) = default;
};

/// Requires: take_keys().
Key read_key(TerminalInput& input);

}  // namespace osiris::cli
