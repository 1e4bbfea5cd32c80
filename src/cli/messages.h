#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/error_json.h"
#include "compile/diagnostics.h"
#include "session/events.h"

namespace osiris::cli {

/// "error: …", the place, the hint; each on a line of its own.
std::string error_text(const Error& error);
/// The same of a warning that a step gave while it ran.
std::string warning_text(const Warning& warning);
/// 2 for what the user wrote, 70 for our own bugs, 1 for the rest.
int exit_code_of(const Error& error);

/// Findings as a person reads them, each with its place in the file and, where the text is at hand, the line
/// and a caret under the place.
std::string findings_text(const std::vector<Finding>& findings, const std::string& file_text);

/// A table whose columns are as wide as their cells; numbers (columns named in `right`) to the right.
std::string table_text(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<std::size_t>& right = {});
/// Cuts the cells of one column until the table is at most 100 characters wide; a few of each
/// cell stay whatever the others need.
void cut_to_fit(const std::vector<std::string>& header, std::vector<std::vector<std::string>>& rows,
                std::size_t column);

}  // namespace osiris::cli
