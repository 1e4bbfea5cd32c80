#include "agent/text_diff.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::size_t kContext = 3;
/// Beyond this many pairs of lines the middle is told as replaced as a whole.
constexpr std::size_t kMostPairs = 4'000'000;

/// A line with what becomes of it: ' ', '-' or '+'.
struct Edit {
  char sign;
  std::string line;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  } else if (!lines.empty()) {
    lines.back() += "\n\\ No newline at end of file";
  }
  return lines;
}

/// The edits between two lists of lines by their longest common subsequence.
void add_edits(const std::vector<std::string>& before, const std::vector<std::string>& after,
               std::vector<Edit>& edits) {
  const std::size_t rows = before.size(), columns = after.size();
  std::vector<std::uint32_t> longest;
  const bool is_compared = rows * columns <= kMostPairs;
  const auto at = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
    return longest[row * (columns + 1) + column];
  };
  if (is_compared) {
    longest.assign((rows + 1) * (columns + 1), 0);
    for (std::size_t row = rows; row-- > 0;) {
      for (std::size_t column = columns; column-- > 0;) {
        at(row, column) = before[row] == after[column] ? at(row + 1, column + 1) + 1
                                                       : std::max(at(row + 1, column), at(row, column + 1));
      }
    }
  }
  std::size_t row = 0, column = 0;
  while (row < rows || column < columns) {
    if (is_compared && row < rows && column < columns && before[row] == after[column]) {
      edits.push_back({' ', before[row++]});
      ++column;
    } else if (row < rows &&
               (column == columns || !is_compared || at(row + 1, column) >= at(row, column + 1))) {
      edits.push_back({'-', before[row++]});
    } else {
      edits.push_back({'+', after[column++]});
    }
  }
}

std::string range(std::size_t first, std::size_t count) {
  return count == 1 ? cat(first) : cat(count == 0 ? first - 1 : first, ",", count);
}

std::string hunks_of(const std::vector<Edit>& edits) {
  std::string text;
  std::size_t line_before = 1, line_after = 1, at = 0;
  const auto pass = [&](const Edit& edit) {
    if (edit.sign != '+') ++line_before;
    if (edit.sign != '-') ++line_after;
  };
  while (at < edits.size()) {
    const auto is_change = [&](std::size_t index) { return edits[index].sign != ' '; };
    std::size_t first = at;
    while (first < edits.size() && !is_change(first)) ++first;
    if (first == edits.size()) break;
    const std::size_t begin = std::max(at, first - std::min(first, kContext));
    while (at < begin) pass(edits[at++]);
    std::size_t end = first, quiet = 0;
    for (std::size_t index = first; index < edits.size() && quiet <= 2 * kContext; ++index) {
      quiet = is_change(index) ? 0 : quiet + 1;
      if (quiet == 0) end = index + 1;
    }
    end = std::min(edits.size(), end + kContext);
    const std::size_t first_before = line_before, first_after = line_after;
    std::string body;
    for (; at < end; ++at) {
      body += cat(std::string(1, edits[at].sign), edits[at].line, "\n");
      pass(edits[at]);
    }
    text += cat("@@ -", range(first_before, line_before - first_before), " +",
                range(first_after, line_after - first_after), " @@\n", body);
  }
  return text;
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  std::vector<std::string> old_lines = lines_of(before), new_lines = lines_of(after);
  std::vector<Edit> edits;
  const auto shared =
      static_cast<std::size_t>(std::ranges::mismatch(old_lines, new_lines).in1 - old_lines.begin());
  for (std::size_t at = 0; at < shared; ++at) edits.push_back({' ', old_lines[at]});
  const auto drop = static_cast<std::ptrdiff_t>(shared);
  old_lines.erase(old_lines.begin(), old_lines.begin() + drop);
  new_lines.erase(new_lines.begin(), new_lines.begin() + drop);
  add_edits(old_lines, new_lines, edits);
  const std::string from = before.empty() ? "/dev/null" : cat("a/", name);
  return cat("--- ", from, "\n+++ b/", name, "\n", hunks_of(edits));
}

}  // namespace osiris
