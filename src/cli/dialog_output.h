#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/dialog.h"

namespace osiris::cli {

/// What both kinds of conversation show.
class DialogOutput {
 public:
  DialogOutput(std::ostream& out, bool has_colour) : out_(out), has_colour_(has_colour) {}

  void say(std::string_view text, Tone tone);
  void stream(std::string_view piece);
  /// Begins a line where the last one has not ended.
  void begin_line();
  /// Shows a part of a line as it is.
  void put(std::string_view text);
  /// What was put has ended its line.
  void end_line() { is_in_line_ = false; }
  bool has_colour() const { return has_colour_; }

 private:
  std::ostream& out_;
  bool has_colour_;
  bool is_in_line_ = false;
  std::string cut_;  ///< the beginning of a character that the next piece ends
};

/// Does work while SIGINT cancels it; returns whether one came. SIGTERM and SIGHUP cancel it too, and end the
/// process after it.
bool attend_to_signals(Cancellation& cancellation, const std::function<void()>& work);

}  // namespace osiris::cli
