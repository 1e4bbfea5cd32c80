#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace osiris::cli {

/// Lines in a terminal that are drawn again in their place.
class LiveLines {
 public:
  LiveLines(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  /// Writes over the lines that were drawn last; none takes them away. The cursor is below them.
  void draw(const std::vector<std::string>& lines, const Terminal::Size& size);
  /// What was drawn stays where it is: the cursor is somewhere else.
  void forget() { widths_.clear(); }

 private:
  const Terminal& terminal_;
  std::ostream& out_;
  std::vector<std::size_t> widths_;  ///< of the lines above the cursor
  Terminal::Size size_;              ///< when they were drawn
};

}  // namespace osiris::cli
