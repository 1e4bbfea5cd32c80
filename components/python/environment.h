#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "component/component.h"

namespace osiris::python {

/// The interpreter of a virtual environment that has the packages, made once for each list of them and each
/// interpreter, in the user's cache folder; uv makes it where it is installed, else venv and pip do. What
/// they say, and which versions came, goes to the session. Errors: kUser "python.no_interpreter",
/// "python.install_failed".
std::filesystem::path environment_with(const std::vector<std::string>& requirements,
                                       const std::string& interpreter, Context& context);

/// ~/.cache/osiris/python, or where XDG_CACHE_HOME says.
std::filesystem::path cache_folder();

/// A folder's name for what these bytes say.
std::string name_for(std::string_view bytes);

/// What an interpreter needs of the environment to work, and nothing that could be a secret.
std::vector<std::string> harmless_environment();

}  // namespace osiris::python
