#pragma once

#include <filesystem>

namespace osiris::filesystem {

/// Where this process makes what shall take the place of `path`: beside it and hidden. Whoever uses it holds
/// a flock on it.
std::filesystem::path part_of(const std::filesystem::path& path);

/// Removes the parts of `path` that processes left which are gone. What cannot be removed stays.
void remove_dead_parts(const std::filesystem::path& path) noexcept;

}  // namespace osiris::filesystem
