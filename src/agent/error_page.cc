#include "agent/error_page.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

std::string_view errors_md_text();

namespace {

/// The cells of a table's line. A bar inside of a cell is written \|.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '|') {
      cells.back() += line[++at];
    } else if (line[at] == '|') {
      cells.emplace_back();
    } else {
      cells.back() += line[at];
    }
  }
  for (std::string& cell : cells) cell = std::string(trim(cell));
  return cells;
}

std::vector<ErrorCode> parse_page(std::string_view page) {
  constexpr std::string_view kHeading = "## ";
  constexpr std::size_t kCells = 6;  // four columns and what stands before the first bar and after the last
  std::vector<ErrorCode> codes;
  std::string area;
  for (const std::string& line : split(page, '\n')) {
    if (line.starts_with(kHeading)) area = line.substr(kHeading.size());
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != kCells || !cells[1].starts_with('`')) continue;
    const std::string code = cells[1].substr(1, cells[1].size() - 2);
    if (code.find('.') == std::string::npos) continue;
    codes.push_back({area, code, cells[2], cells[3], cells[4]});
  }
  return codes;
}

}  // namespace

const std::vector<ErrorCode>& error_codes() {
  static const std::vector<ErrorCode> kCodes = parse_page(errors_md_text());
  return kCodes;
}

const ErrorCode& explain(std::string_view code) {
  const auto found = std::ranges::find(error_codes(), code, &ErrorCode::code);
  if (found != error_codes().end()) return *found;
  std::vector<std::string> near;
  const std::string_view area = code.substr(0, code.find('.'));
  for (const ErrorCode& each : error_codes()) {
    if (each.code.starts_with(cat(area, ".")) || each.code.ends_with(cat(".", code)))
      near.push_back(each.code);
  }
  if (near.empty()) {
    for (const ErrorCode& each : error_codes()) near.push_back(each.code);
    if (!closest(code, near)) near.clear();
  }
  throw Error(ErrorKind::kUser, "agent.unknown_code", cat("no such error code: '", code, "'"),
              near.empty() ? "docs/reference/errors.md has all of them" : suggestion(code, near));
}

Json to_json(const ErrorCode& code) {
  return {{"code", code.code},
          {"area", code.area},
          {"kind", code.kind},
          {"meaning", code.meaning},
          {"remedy", code.remedy}};
}

}  // namespace osiris
