#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/container.h"

namespace osiris::sandbox {

/// The files that a COPY step puts into a sandbox.
/// `arguments`: source, destination and, each may be empty, owner and mode. `folder`: of relative
/// destinations. Errors: kUser "sandbox.invalid_argument", "sandbox.unimplemented".
std::vector<ContainerFile> copied_files(const std::filesystem::path& unpacked,
                                        const std::vector<std::string>& arguments,
                                        const std::filesystem::path& folder);

/// Unpacks a tar.gz that a client sent. Errors: kUser "sandbox.invalid_argument".
void unpack_archive(const std::filesystem::path& archive, const std::filesystem::path& folder);

}  // namespace osiris::sandbox
