#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/container.h"

namespace osiris::sandbox {

/// What bubblewrap is told, and the files that it gets open.
struct ContainerArguments {
  std::vector<std::string> words;
  std::vector<Descriptor> files;  ///< the first of them becomes `first_descriptor` of the plan's process
};

/// The container that `plan` describes: its own namespaces, no capabilities, /usr to read, and nothing else
/// of the machine. `sources`, as many as plan.files, is where bubblewrap finds them. Source: bwrap(1),
/// version 0.8.
ContainerArguments container_arguments(const ContainerPlan& plan,
                                       const std::vector<std::filesystem::path>& sources,
                                       int first_descriptor);

/// An open file in memory with this content, to be read from its beginning. Errors: kInternal
/// "system.memory_file".
Descriptor memory_file(const std::string& content);

}  // namespace osiris::sandbox
