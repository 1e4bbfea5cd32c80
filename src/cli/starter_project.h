#pragma once

#include <string_view>
#include <vector>

namespace osiris::cli {

struct StarterFile {
  std::string_view path;  ///< relative to the project
  std::string_view content;
};

/// The files that `osiris init` writes: those of the first example, embedded by cmake/starter.cmake.
const std::vector<StarterFile>& starter_project();

}  // namespace osiris::cli
