#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace osiris {

struct ReportOptions {
  fs::path logs_folder, project_folder, output_folder;
  std::optional<std::string> session;  ///< its page alone; otherwise the index and pages
  std::size_t most_pages = 50;         ///< of the newest sessions
};

struct WrittenReport {
  fs::path first;  ///< the page to open
  std::size_t page_count = 0;
};

/// Writes pages as files. A page that is there, made by the same program after its session's end, stays.
/// Errors: kUser "session.unknown", "session.ambiguous", "file.unwritable".
WrittenReport write_report(const ReportOptions& options);

}  // namespace osiris
