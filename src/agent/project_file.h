#pragma once

#include <string>

#include "base/file_system.h"
#include "project/project.h"

namespace osiris {

/// The absolute path of a file that a tool was given, with symbolic links resolved as far as it is there.
/// Errors: kUser "agent.outside_project" for what does not lie inside of the project, for hidden files, such
/// as .env, and for the file of the connections.
fs::path project_file(const std::string& path, const Project& project);

}  // namespace osiris
