#pragma once

#include "base/file_system.h"
#include "base/json.h"

namespace osiris {

/// The most bytes of a package as compact JSON.
constexpr std::size_t kMostPackageBytes = 60'000;

/// A session as one package for a language model: what ran, how it went, what proves it, what went wrong. It
/// depends on the session's files only. Long lists and texts are cut, and `cut` counts what was left out. See
/// docs/agents.md.
Json session_package(const fs::path& folder);

/// An event without the least and the greatest value of its columns, which are data.
Json without_values(Json event);

}  // namespace osiris
