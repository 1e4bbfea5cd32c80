#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"

namespace osiris {

/// What `logs/.last_compile` says: what the last successful compile made, and of what.
struct LastCompile {
  std::string manifest;         ///< path, relative to the project
  std::string oml;              ///< path of the pipeline file, relative to the project where it is below it
  std::string oml_fingerprint;  ///< "sha256:…" of the pipeline file's text
};

/// Errors: kUser "file.unwritable"; kData "file.disk_full".
void write_last_compile(const fs::path& logs_root, const LastCompile& last);
/// Nothing where there is none, or where it is damaged.
std::optional<LastCompile> read_last_compile(const fs::path& logs_root);

}  // namespace osiris
