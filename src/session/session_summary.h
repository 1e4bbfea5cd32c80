#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/json.h"
#include "session/events.h"

namespace osiris {

/// What one line of `logs list` tells of a session.
struct SessionSummary {
  std::string id;    ///< "run_1700000000000"
  std::string kind;  ///< run, compile
  std::string pipeline;
  SessionStatus status = SessionStatus::kRunning;
  std::int64_t started_at_ms = 0;           ///< since 1970-01-01T00:00:00Z; the digits of the id
  std::optional<std::int64_t> duration_ms;  ///< of a session that ended
  std::uint64_t total_rows = 0;
  std::uint64_t steps_ok = 0, steps_total = 0;
  std::uint64_t error_count = 0, warning_count = 0;
  std::string manifest;  ///< path, relative to the project
  std::optional<FailureFacts> error;
  fs::path folder;
};

Json to_json(const SessionSummary& summary);

}  // namespace osiris
