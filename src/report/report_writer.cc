#include "report/report_writer.h"

#include <fstream>

#include "base/text.h"
#include "report/run_page.h"
#include "session/session_files.h"

namespace osiris {

namespace {

/// Whether the page was made by this program after the session had ended.
bool is_current(const fs::path& page, const SessionSummary& session) {
  if (session.status == SessionStatus::kRunning) return false;
  std::error_code problem;
  const auto written = fs::last_write_time(page, problem);
  if (problem) return false;
  for (const std::string_view name : {kStatusFile, kEventsFile}) {
    const auto changed = fs::last_write_time(session.folder / name, problem);
    if (!problem && changed >= written) return false;
  }
  std::ifstream file(page);
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  return line == cat("<!-- ", made_by(), " -->");
}

}  // namespace

WrittenReport write_report(const ReportOptions& options) {
  const std::vector<SessionSummary> sessions = list_sessions(options.logs_folder);
  make_folders(options.output_folder);
  const auto page_of = [&](const std::string& id) { return options.output_folder / cat(id, ".html"); };
  const auto write_run = [&](const SessionSummary& session) {
    write_file_atomically(page_of(session.id),
                          run_page(read_story(session.folder, sessions, options.project_folder)));
  };
  if (options.session) {
    const std::string id = find_session(options.logs_folder, *options.session);
    write_run(read_summary(options.logs_folder / id));
    return {page_of(id), 1};
  }
  WrittenReport report{options.output_folder / "index.html", 1};
  std::vector<bool> has_page;
  for (const SessionSummary& session : sessions) {
    const bool is_wanted = has_page.size() < options.most_pages;
    if (is_wanted && !is_current(page_of(session.id), session)) {
      write_run(session);
      ++report.page_count;
    }
    std::error_code problem;
    has_page.push_back(is_wanted || fs::exists(page_of(session.id), problem));
  }
  write_file_atomically(report.first, index_page(sessions, has_page));
  return report;
}

}  // namespace osiris
