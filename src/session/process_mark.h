#pragma once

#include <cstdint>
#include <string>

namespace osiris {

/// Which process writes a session, told so that another one can see whether it still lives. A number alone
/// would be wrong after a restart, in another container, or once it was given to another process.
struct ProcessMark {
  std::int64_t pid = 0;
  std::string host;              ///< the machine's name, for people
  std::string pid_scope;         ///< where the number means this process: "<boot id>/<pid namespace>"
  std::int64_t start_ticks = 0;  ///< when the process started, in the kernel's ticks since boot
};

ProcessMark this_process();

enum class Liveness {
  kAlive,
  kGone,
  kUnknown,  ///< another machine's or container's process
};
/// Source: proc(5), /proc/[pid]/stat, fields 3 and 22.
Liveness liveness(const ProcessMark& mark);

/// The highest resident memory of this process so far, in 10^6 bytes, to one decimal.
/// Source: proc(5), VmHWM.
double peak_memory_mb();

}  // namespace osiris
