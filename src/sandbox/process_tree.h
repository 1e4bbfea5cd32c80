#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace osiris::sandbox {

/// Every process below this one, parents before their children; not itself.
std::vector<pid_t> processes_below(pid_t process);

/// Every process that was started with this NAME=value in its environment; those of other users are not seen.
std::vector<pid_t> processes_with(const std::string& variable);

/// When a process began, in ticks since the machine did; 0 where there is none. With its number it names a
/// process for ever, whereas the number alone is used again.
std::uint64_t start_of(pid_t process);

/// The processor time and the memory of these processes now.
struct ProcessUsage {
  std::uint64_t cpu_ns = 0, resident_bytes = 0;
};
ProcessUsage usage_of(const std::vector<pid_t>& processes);

}  // namespace osiris::sandbox
