#pragma once

#include <cstdint>

namespace osiris::sandbox {

/// What a sandbox may use at most.
struct Limits {
  std::uint64_t cpu_count = 2;
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  /// Of its home and of its /tmp, each; the files are in memory.
  std::uint64_t disk_bytes = std::uint64_t{2} << 30;
  std::uint64_t process_count = 512;
};

/// What a sandbox uses.
struct Usage {
  std::uint64_t cpu_ns = 0;  ///< since it began
  std::uint64_t memory_bytes = 0;
  std::uint64_t cache_bytes = 0;
};

}  // namespace osiris::sandbox
