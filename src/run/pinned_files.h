#pragma once

#include <filesystem>

#include "compile/manifest.h"
#include "component/registry.h"

namespace osiris {

/// Fills in the config keys that are the fingerprint of a file which another key names (`hash_of` in the
/// spec): the pipeline means what the file says, so another file makes another manifest. Errors: those of
/// read_file(), at the step's place.
void pin_files(Manifest& manifest, const Registry& registry, const std::filesystem::path& project);

}  // namespace osiris
