#include "cli/live_lines.h"

#include <algorithm>

#include "base/text.h"

namespace osiris::cli {

namespace {

// Source: ECMA-48, 8.3; DECAWM ("?7") from the VT510 manual.
constexpr std::string_view kEraseRest = "\x1b[K", kEraseRow = "\x1b[2K", kEraseBelow = "\x1b[J";
constexpr std::string_view kNoWrap = "\x1b[?7l", kWrap = "\x1b[?7h";

}  // namespace

// A terminal that became narrower has broken lines that were too wide into several, and remembers which
// belong together until they are erased.
void LiveLines::draw(const std::vector<std::string>& lines, const Terminal::Size& size) {
  std::size_t rows = 0;
  for (const std::size_t width : widths_)
    rows +=
        terminal_.breaks_lines() ? std::max<std::size_t>(1, (width + size.columns - 1) / size.columns) : 1;
  const std::string to_first = rows == 0 ? "" : cat("\x1b[", rows, "A");
  std::string text = cat(kNoWrap, "\r", to_first);
  // Row by row: a screen that is erased as a whole is kept by some terminals, for people to scroll back to.
  if (lines.empty() || size != size_) {
    for (std::size_t row = 0; row < rows; ++row) text += cat(kEraseRow, "\n");
    text += cat(kEraseRow, to_first);
  }
  size_ = size;
  widths_.clear();
  for (const std::string& line : lines) {
    text += cat(line, kEraseRest, "\n");
    widths_.push_back(display_width(line));
  }
  if (!lines.empty()) text += kEraseBelow;
  out_ << cat(text, kWrap) << std::flush;
}

}  // namespace osiris::cli
