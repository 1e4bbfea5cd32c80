#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"

namespace osiris {

struct BundleRequest {
  fs::path session;                                       ///< its folder
  fs::path output;                                        ///< the archive
  std::vector<std::pair<std::string, std::string>> more;  ///< names and contents of files made for it
  bool with_artifacts = false;
};

struct Bundle {
  std::vector<std::string> entries;  ///< names in the archive, in its order
  std::uint64_t size_bytes = 0;      ///< of the archive
  std::uint64_t artifact_count = 0;  ///< artifacts that were left out
  bool has_quarantine = false;       ///< refused rows were left out
};

/// Packs a session to be sent to a colleague: what it tells, and its artifacts only where that is asked for.
/// Quarantined rows never go along: they are the source's own bytes. The same session gives the same archive.
/// Errors: kUser "file.unwritable", "file.unreadable"; kData "file.disk_full".
Bundle bundle_session(const BundleRequest& request);

}  // namespace osiris
