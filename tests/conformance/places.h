#pragma once

#include <filesystem>

namespace osiris {

/// The folder of the components' sources, where their quirks and their pages of types are.
std::filesystem::path components_folder();

}  // namespace osiris
