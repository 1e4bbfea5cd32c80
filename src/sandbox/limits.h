#pragma once

#include <cstdint>

namespace osiris::sandbox {

/// What a sandbox may use at most.
struct Limits {
  std::uint64_t cpu_count = 2;
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  std::uint64_t disk_bytes = std::uint64_t{2} << 30;  ///< of its home
  std::uint64_t process_count = 512;

  std::uint64_t temporary_bytes() const { return disk_bytes / 2; }
  /// Chosen: enough for what programs share by it.
  std::uint64_t shared_memory_bytes() const { return memory_bytes / 8; }
  /// All files are in memory, and full folders must leave their processes as much as they were promised.
  std::uint64_t total_bytes() const {
    return memory_bytes + disk_bytes + temporary_bytes() + shared_memory_bytes();
  }
};

/// What a sandbox uses.
struct Usage {
  std::uint64_t cpu_ns = 0;  ///< since it began
  std::uint64_t memory_bytes = 0;
  std::uint64_t cache_bytes = 0;
};

}  // namespace osiris::sandbox
