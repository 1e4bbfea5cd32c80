#pragma once

#include <string>
#include <string_view>

namespace osiris {

/// How one text becomes the other, as `diff -u` prints it with three lines of context; empty where they are
/// equal. `name` is the file's; one that is not there yet has no text.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace osiris
