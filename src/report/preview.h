#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace osiris {

/// The first rows of a CSV, JSON lines or Parquet file, as texts; the first of them is the header. Long values are
/// cut. Empty for other files, and for what cannot be read.
std::vector<std::vector<std::string>> preview_of(const fs::path& path);

/// The file's first bytes, or all; empty where it cannot be read.
std::string first_bytes(const fs::path& path, std::uint64_t count);

}  // namespace osiris
