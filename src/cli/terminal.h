#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <locale.h>

namespace osiris::cli {

/// A stream of the process, as a person sees it.
class Terminal {
 public:
  struct Size {
    std::size_t columns = 80, lines = 24;
    friend bool operator==(const Size&, const Size&) = default;
  };

  /// Looks at the descriptor and at TERM, NO_COLOR and what terminals say of themselves.
  explicit Terminal(int descriptor);

  /// Whether it is a terminal, one that can move its cursor.
  bool is_shown() const { return is_shown_; }
  bool has_colour() const { return has_colour_; }
  /// Whether it breaks the lines that it shows when it becomes too narrow for them, as all do but the oldest.
  bool breaks_lines() const { return breaks_lines_; }
  /// As it is now: a person may pull at its corner.
  Size size() const;

 private:
  int descriptor_;
  bool is_shown_ = false, has_colour_ = false, breaks_lines_ = true;
};

/// Characters are told apart by C.UTF-8 in this thread while it lives, whatever the process speaks.
class Utf8Speech {
 public:
  Utf8Speech();
  ~Utf8Speech();
  Utf8Speech(const Utf8Speech&) = delete;
  Utf8Speech& operator=(const Utf8Speech&) = delete;
  /// Whether the system has C.UTF-8.
  static bool is_known();

 private:
  locale_t before_;
};

/// Columns that a text takes in a terminal: two for 倉, none for a combining mark or a colour. Where the
/// system has no C.UTF-8, two for all that is not ASCII, so that no line becomes longer than thought.
std::size_t display_width(std::string_view text);
/// The text, cut to so many columns with "…" where it is wider. What would move the cursor or turn the line
/// becomes '?'.
std::string fit(std::string_view text, std::size_t columns);
/// The text, cut or filled with spaces to exactly so many columns.
std::string fill(std::string_view text, std::size_t columns);
/// The text as it may be shown: what would move the cursor, turn the line or is no UTF-8 becomes '?'; line
/// breaks and tabs stay.
std::string harmless(std::string_view text);
/// The word of a status in its colour; other words as they are.
std::string painted(std::string_view word);

/// Hides the cursor of stderr while it lives; whatever ends the process or stops it shows the cursor before.
class HiddenCursor {
 public:
  HiddenCursor();
  ~HiddenCursor();
  HiddenCursor(const HiddenCursor&) = delete;
  HiddenCursor& operator=(const HiddenCursor&) = delete;
  /// Hides it again, for a process that was stopped may have gone on. Returns whether it was: the cursor is
  /// then somewhere else.
  bool hide();
};

}  // namespace osiris::cli
