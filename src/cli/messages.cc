#include "cli/messages.h"

#include <algorithm>

#include "base/text.h"
#include "cli/terminal.h"

namespace osiris::cli {

namespace {

/// The line of a text, with a caret under the column; empty when there is no such line.
std::string caret_text(const Location& location, const std::string& file_text, bool is_key_only) {
  constexpr std::size_t kWidest = 160;
  if (location.line == 0 || location.column == 0) return {};
  const std::vector<std::string> lines = split(file_text, '\n');
  if (static_cast<std::size_t>(location.line) > lines.size()) return {};
  std::string line = lines[static_cast<std::size_t>(location.line) - 1];
  const std::size_t column = static_cast<std::size_t>(location.column) - 1;
  if (is_key_only) {
    const bool begins_line = line.find_first_not_of(" -") == column;
    if (!begins_line) return {};
    line = line.substr(0, line.find(':', column)) + ": …";
  }
  if (line.size() > kWidest) return {};
  std::replace(line.begin(), line.end(), '\t', ' ');
  // A column counts bytes; the caret stands below a character.
  const std::size_t indent = count_characters(std::string_view(line).substr(0, column));
  return cat("    ", line, "\n    ", std::string(indent, ' '), "^\n");
}

/// The line of a finding, unless a secret may stand in it. A key that nobody knows may be the misspelled
/// name of one, so its value is not shown.
std::string excerpt(const Finding& finding, const std::vector<Finding>& findings,
                    const std::string& file_text) {
  const auto hides = [](const Finding& other) {
    return other.code == "oml.inline_secret" || other.code == "oml.unknown_key";
  };
  for (const Finding& other : findings) {
    const bool is_itself =
        other.code == "oml.unknown_key" && other.location.column == finding.location.column;
    if (hides(other) && other.location.line == finding.location.line && !is_itself) return {};
  }
  return caret_text(finding.location, file_text, finding.code == "oml.unknown_key");
}

std::vector<std::size_t> column_widths(const std::vector<std::string>& header,
                                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header) widths.push_back(display_width(cell));
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      widths[column] = std::max(widths[column], display_width(row[column]));
    }
  }
  return widths;
}

}  // namespace

std::string error_text(const Error& error) {
  std::string text = cat("error: ", error.message(), "\n");
  std::vector<std::string> places;
  if (!error.location().empty()) places.push_back(error.location().to_string());
  if (!error.step().empty()) places.push_back(cat("step '", error.step(), "'"));
  if (!places.empty()) text += cat("  at ", join(places, ", "), "\n");
  if (!error.hint().empty()) text += cat("  hint: ", error.hint(), "\n");
  return text;
}

std::string warning_text(const Warning& warning) {
  std::string text = cat("warning: ", warning.message, "\n");
  if (!warning.step_id.empty()) text += cat("  at step '", warning.step_id, "'\n");
  if (!warning.hint.empty()) text += cat("  hint: ", warning.hint, "\n");
  return text;
}

int exit_code_of(const Error& error) {
  if (error.kind() == ErrorKind::kInternal) return 70;
  return error.kind() == ErrorKind::kUser ? 2 : 1;
}

std::string findings_text(const std::vector<Finding>& findings, const std::string& file_text) {
  std::string text;
  for (const Finding& finding : findings) {
    text +=
        cat(finding.severity == Finding::Severity::kError ? "error: " : "warning: ", finding.message, "\n");
    std::string place = finding.location.to_string();
    if (!finding.step_id.empty()) place += cat(place.empty() ? "" : ", ", "step '", finding.step_id, "'");
    if (!place.empty()) text += cat("  at ", place, "\n");
    text += excerpt(finding, findings, file_text);
    if (!finding.hint.empty()) text += cat("  hint: ", finding.hint, "\n");
  }
  return text;
}

void cut_to_fit(const std::vector<std::string>& header, std::vector<std::vector<std::string>>& rows,
                std::size_t column) {
  constexpr std::size_t kWidest = 100, kGap = 2, kLeast = 8;
  std::size_t others = 0;
  const std::vector<std::size_t> widths = column_widths(header, rows);
  for (std::size_t other = 0; other < widths.size(); ++other)
    others += other == column ? 0 : widths[other] + kGap;
  const std::size_t room = std::max(kLeast, kWidest - std::min(others, kWidest));
  for (auto& row : rows) row[column] = fit(row[column], room);
}

std::string table_text(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<std::size_t>& right) {
  const std::vector<std::size_t> widths = column_widths(header, rows);
  std::string text;
  const auto is_right = [&](std::size_t column) { return std::ranges::find(right, column) != right.end(); };
  const auto add_row = [&](const std::vector<std::string>& row) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      constexpr std::size_t kGap = 2;
      const std::size_t padding = widths[column] - display_width(row[column]);
      if (is_right(column)) text.append(padding, ' ');
      text += row[column];
      text.append(is_right(column) ? kGap : padding + kGap, ' ');
    }
    text.resize(text.find_last_not_of(' ') + 1);
    text += '\n';
  };
  add_row(header);
  for (const auto& row : rows) add_row(row);
  return text;
}

}  // namespace osiris::cli
