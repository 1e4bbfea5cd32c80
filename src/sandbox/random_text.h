#pragma once

#include <cstddef>
#include <string>

namespace osiris::sandbox {

/// Lower-case letters and digits that nobody can guess, from the system's source. Errors: kInternal
/// "system.random".
std::string random_text(std::size_t size);
/// The same of hex digits.
std::string random_hex(std::size_t size);

/// Whether two secrets are the same, in a time that says nothing about where they differ.
bool is_same_secret(const std::string& one, const std::string& other);

}  // namespace osiris::sandbox
