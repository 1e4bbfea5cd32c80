#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/dialog.h"

namespace osiris::cli {

/// A line that is typed on a terminal: moved about in, taken from what was typed before, completed by Tab.
/// What is pasted is one answer, however many lines it has.
class LineEditor {
 public:
  /// `history`: the file that keeps the last lines, and is made when one is typed; empty: none.
  LineEditor(std::FILE* out, std::filesystem::path history);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The line as it was typed; nothing for the end of the input and for Ctrl-C, of which `why` tells.
  std::optional<std::string> read(const std::string& prompt, const std::vector<std::string>& completions,
                                  NoAnswer& why);
  /// Keeps a line in the history.
  void remember(const std::string& line);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace osiris::cli
