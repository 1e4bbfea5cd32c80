#pragma once

#include <string>

#include "net/wake_up.h"

namespace osiris::cli {

/// Lines from a descriptor that may be a pipe. Whoever waits for one can be woken.
class PipedLines {
 public:
  explicit PipedLines(int descriptor) : descriptor_(descriptor) {}

  enum class Event { kLine, kEndOfInput, kInterrupted };
  /// Waits for a line, which is given without its end; the last one needs none. `wake_up`, if one is given,
  /// ends the wait.
  Event read(std::string& line, const WakeUp* wake_up);

 private:
  /// Whether a line was taken from what has come.
  bool take(std::string& line);

  int descriptor_;
  std::string come_;           ///< but not taken yet
  std::size_t looked_at_ = 0;  ///< bytes of it without a line's end
};

}  // namespace osiris::cli
