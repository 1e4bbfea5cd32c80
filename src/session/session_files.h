#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

/// The names inside a session folder, and of the folder itself. See docs/session.md.
namespace osiris {

inline constexpr std::string_view kEventsFile = "events.jsonl";
inline constexpr std::string_view kMetricsFile = "metrics.jsonl";
inline constexpr std::string_view kLogFile = "osiris.log";
inline constexpr std::string_view kStatusFile = "status.json";
inline constexpr std::string_view kManifestFile = "manifest.yaml";
inline constexpr std::string_view kArtifactFolder = "artifacts";
inline constexpr std::string_view kQuarantineFolder = "quarantine";

/// A session's name, taken apart: "run_1700000000000".
struct SessionName {
  std::string_view kind;
  std::int64_t started_at_ms = 0;
};
/// Nothing where the name is not run_<digits> or compile_<digits>.
std::optional<SessionName> parse_session_name(std::string_view name);

/// A file's text; empty where it is missing, unreadable or no regular file.
std::string content_or_empty(const fs::path& path);

}  // namespace osiris
