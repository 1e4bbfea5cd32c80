#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <limits>

#include "base/text.h"
#include "cli/command.h"
#include "report/report_writer.h"

extern char** environ;

namespace osiris::cli {

namespace {

/// Hands a page to whatever the desktop opens pages with; whether there is such a thing.
bool open_page(const fs::path& page) {
  std::string program = "xdg-open", path = page.string();
  char* const arguments[] = {program.data(), path.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {1, 2})
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const bool is_started = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return is_started && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Answer make_report(const Invocation& invocation) {
  const Project& project = invocation.project();
  ReportOptions options{project.logs_folder(), project.folder(), project.logs_folder() / "html",
                        invocation.value("--session")};
  if (const auto folder = invocation.value("--output")) options.output_folder = project.folder() / *folder;
  if (invocation.has("--all")) options.most_pages = std::numeric_limits<std::size_t>::max();
  const WrittenReport report = write_report(options);
  Answer answer;
  answer.json = {{"page", report.first.string()}, {"pages_written", report.page_count}};
  answer.text = cat(invocation.shown(report.first), "\n");
  if (invocation.has("--open") && !open_page(report.first))
    answer.messages = "no browser could be opened; open the page by hand\n";
  return answer;
}

}  // namespace

std::vector<Command> report_commands() {
  return {{"logs html",
           "",
           0,
           0,
           "Write the sessions as HTML pages that open anywhere",
           {{"osiris logs html --open", "an index and the newest fifty, and shows it"},
            {"osiris logs html --session run_1234567890", "one session's page"},
            {"osiris logs html --output reports/", "into another folder"}},
           {{"--session", "ID", "Only this session's page", {}},
            {"--output", "DIR", "Where the pages go; logs/html unless told otherwise", {}},
            {"--open", "", "Show the page in a browser", {}},
            {"--all", "", "Pages of all sessions, not of the newest fifty alone", {}}},
           make_report}};
}

}  // namespace osiris::cli
