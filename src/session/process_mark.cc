#include "session/process_mark.h"

#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include <unistd.h>

#include "base/text.h"

namespace osiris {

namespace {

struct ProcessStat {
  char state = '?';
  std::int64_t start_ticks = 0;
};

/// Nothing where no such process is.
std::optional<ProcessStat> process_stat(std::int64_t pid) {
  std::ifstream file(cat("/proc/", pid, "/stat"));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  ProcessStat stat;
  fields >> stat.state;
  constexpr int kFieldsBetween = 18;
  std::string skipped;
  for (int field = 0; field < kFieldsBetween; ++field) fields >> skipped;
  fields >> stat.start_ticks;
  return stat;
}

std::string pid_scope() {
  std::ifstream boot("/proc/sys/kernel/random/boot_id");
  std::string boot_id;
  std::getline(boot, boot_id);
  std::array<char, 64> space{};
  const ssize_t size = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  if (boot_id.empty() || size <= 0) return {};
  return cat(boot_id, '/', std::string_view(space.data(), static_cast<std::size_t>(size)));
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

ProcessMark this_process() {
  const std::int64_t pid = ::getpid();
  const auto stat = process_stat(pid);
  return {
      .pid = pid, .host = host_name(), .pid_scope = pid_scope(), .start_ticks = stat ? stat->start_ticks : 0};
}

Liveness liveness(const ProcessMark& mark) {
  if (mark.pid_scope.empty() || mark.pid_scope != pid_scope()) return Liveness::kUnknown;
  const auto stat = process_stat(mark.pid);
  const bool is_dead =
      !stat || stat->state == 'Z' || stat->state == 'X' || stat->start_ticks != mark.start_ticks;
  return is_dead ? Liveness::kGone : Liveness::kAlive;
}

double peak_memory_mb() {
  std::ifstream file("/proc/self/status");
  std::string key;
  while (file >> key) {
    if (key == "VmHWM:") {
      double kibibytes = 0;
      file >> kibibytes;
      return std::round(kibibytes * 1024 / 1e5) / 10;
    }
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace osiris
