#include "sandbox/envd_filesystem.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/file_entry.h"

namespace osiris::sandbox {

namespace {

Json answer_of_entry(const std::string& path) { return {{"entry", FileEntries().entry(path)}}; }

void make_parents(const std::string& path) {
  std::error_code problem;
  const fs::path folder = fs::path(path).parent_path();
  fs::create_directories(folder, problem);
  if (problem) throw_path_error(problem.value(), folder.string());
}

/// The paths below a folder, relative to it.
std::vector<fs::path> paths_below(const fs::path& folder, std::int64_t depth) {
  std::vector<fs::path> paths;
  std::error_code problem;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, problem);
  if (problem) throw_path_error(problem.value(), folder.string());
  for (; walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
    // Somebody may take a folder away while it is read.
    if (problem) break;
    paths.push_back(walk->path().lexically_relative(folder));
    if (walk.depth() + 1 >= depth) walk.disable_recursion_pending();
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Json stat_path(const CallMessage& request, const EnvdSettings& settings) {
  return answer_of_entry(expanded_path(request.text("path"), settings));
}

Json list_folder(const CallMessage& request, const EnvdSettings& settings) {
  const std::string folder = expanded_path(request.text("path"), settings);
  std::error_code problem;
  const fs::file_status status = fs::status(folder, problem);
  if (problem) throw_path_error(problem.value(), folder);
  if (!fs::is_directory(status))
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument", cat("path is not a directory: ", folder));
  FileEntries entries;
  Json all = Json::array();
  for (const fs::path& path : paths_below(folder, std::max<std::int64_t>(1, request.number("depth")))) {
    try {
      all.push_back(entries.entry((folder / path).string()));
    } catch (const Error& error) {
      // It was there a moment ago.
      if (error.code() != "sandbox.not_found") throw;
    }
  }
  return all.empty() ? Json::object() : Json{{"entries", all}};
}

Json make_folder(const CallMessage& request, const EnvdSettings& settings) {
  const std::string path = expanded_path(request.text("path"), settings);
  std::error_code problem;
  if (fs::is_directory(path, problem))
    throw Error(ErrorKind::kUser, "sandbox.already_exists", cat("directory already exists: ", path));
  if (fs::exists(path, problem)) {
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("path already exists but it is not a directory: ", path));
  }
  make_parents(cat(path, "/"));
  return answer_of_entry(path);
}

Json move_path(const CallMessage& request, const EnvdSettings& settings) {
  const std::string source = expanded_path(request.text("source"), settings);
  const std::string destination = expanded_path(request.text("destination"), settings);
  make_parents(destination);
  if (::rename(source.c_str(), destination.c_str()) != 0) throw_path_error(errno, source);
  return answer_of_entry(destination);
}

Json remove_path(const CallMessage& request, const EnvdSettings& settings) {
  const std::string path = expanded_path(request.text("path"), settings);
  std::error_code problem;
  fs::remove_all(path, problem);
  if (problem) throw_path_error(problem.value(), path);
  return Json::object();
}

}  // namespace osiris::sandbox
