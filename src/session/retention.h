#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/json.h"

namespace osiris {

/// Which sessions may go. The newest `keep_recent` never do, runs and compiles counted alike; of the others,
/// those go that are too old or too much, or all where neither limit is set.
struct RetentionRules {
  std::optional<std::uint64_t> keep_recent;
  std::optional<std::int64_t> older_than_ms;    ///< started longer ago than this
  std::optional<std::uint64_t> max_size_bytes;  ///< of all sessions together; the oldest go first
};

struct DoomedSession {
  std::string id;
  fs::path folder;
  std::string reason;  ///< "not among the newest 10", "older than 7 d", "over 1.0 GiB in all"
  std::uint64_t freed_bytes = 0;
};

/// A session that the rules would delete, but that stays.
struct SparedSession {
  std::string id;
  std::string reason;  ///< "it runs", "it holds the last compile"
};

struct RetentionPlan {
  std::vector<DoomedSession> doomed;  ///< oldest first
  std::vector<SparedSession> spared;
  std::uint64_t kept_count = 0;  ///< sessions that stay, spared ones too
  std::uint64_t freed_bytes() const;
};

/// Decides and deletes nothing. A running session and the one that .last_compile points at always stay.
RetentionPlan plan_retention(const fs::path& logs_root, const RetentionRules& rules, std::int64_t now_ms);
/// Deletes what the plan dooms; never follows a symbolic link. A session that vanished meanwhile is no error.
/// Errors: kUser "session.undeletable", after the others are gone.
void delete_sessions(const RetentionPlan& plan);

Json to_json(const RetentionPlan& plan);

}  // namespace osiris
