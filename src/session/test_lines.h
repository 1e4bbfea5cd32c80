#pragma once

#include <vector>

#include "base/file_system.h"
#include "session/session_reader.h"

namespace osiris {

/// The JSON objects of events.jsonl or metrics.jsonl.
inline std::vector<Json> read_json_lines(const fs::path& file, std::uint64_t* damaged_line_count = nullptr) {
  std::vector<Json> lines;
  const std::uint64_t damaged =
      for_each_json_line(content_or_empty(file), [&](const Json& line) { lines.push_back(line); });
  if (damaged_line_count != nullptr) *damaged_line_count = damaged;
  return lines;
}

}  // namespace osiris
