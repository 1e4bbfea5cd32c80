#include "base/file_system.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "cli/starter_project.h"

namespace osiris::cli {

namespace {

/// Adds a line to a file unless it has it.
bool ensure_line(const fs::path& path, const std::string& line) {
  const std::string content = read_file_if_exists(path).value_or("");
  const std::vector<std::string> lines = split(content, '\n');
  if (std::find(lines.begin(), lines.end(), line) != lines.end()) return false;
  const bool ends_open = !content.empty() && !content.ends_with('\n');
  write_file_atomically(path, cat(content, ends_open ? "\n" : "", line, "\n"));
  return true;
}

Answer init(const Invocation& invocation) {
  fs::path folder = invocation.working_directory();
  if (!invocation.arguments().empty()) folder /= invocation.arguments().front();
  folder = folder.lexically_normal();
  make_folders(folder);
  std::vector<std::string> created;
  std::vector<std::string> kept;
  for (const StarterFile& file : starter_project()) {
    if (fs::exists(folder / file.path)) {
      kept.emplace_back(file.path);
      continue;
    }
    make_folders((folder / file.path).parent_path());
    write_file_atomically(folder / file.path, file.content);
    created.emplace_back(file.path);
  }
  bool is_ignoring = false;
  for (const char* line : {".env", "logs/"})
    is_ignoring = ensure_line(folder / ".gitignore", line) || is_ignoring;
  if (is_ignoring) created.emplace_back(".gitignore");

  Answer answer;
  answer.json = {{"status", "success"}, {"folder", folder.string()}, {"created", created}, {"kept", kept}};
  for (const std::string& path : created) answer.text += cat("created  ", path, "\n");
  for (const std::string& path : kept) answer.text += cat("kept     ", path, ", it was there already\n");
  answer.text += "\nnext:\n";
  if (!invocation.arguments().empty()) answer.text += cat("  cd ", invocation.arguments().front(), "\n");
  answer.text += "  osiris compile pipeline.oml\n  osiris run --last-compile\n";
  return answer;
}

}  // namespace

std::vector<Command> init_commands() {
  return {{"init",
           "[DIR]",
           0,
           1,
           "Make a project that runs at once",
           {{"osiris init", "in this folder; what is there stays as it is"},
            {"osiris init shop", "in a new folder"}},
           {},
           init}};
}

}  // namespace osiris::cli
