#include "agent/project_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

fs::path project_file(const std::string& path, const Project& project) {
  std::error_code ignored;
  const fs::path folder = fs::weakly_canonical(project.folder(), ignored);
  const fs::path file = fs::weakly_canonical(folder / path, ignored);
  const fs::path relative = file.lexically_relative(folder);
  // What is hidden starts with a dot, and so does the way out.
  const bool is_hidden =
      std::ranges::any_of(relative, [](const fs::path& part) { return part.string().starts_with('.'); });
  if (relative.empty() || is_hidden || relative.filename() == "osiris_connections.yaml") {
    throw Error(ErrorKind::kUser, "agent.outside_project",
                cat("the path is not one of the project's files for an assistant: '", path, "'"),
                "give a path that is relative to the project's folder; hidden files and the connections are "
                "not told");
  }
  return file;
}

}  // namespace osiris
