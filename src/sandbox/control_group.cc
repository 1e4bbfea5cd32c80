#include "sandbox/control_group.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

constexpr std::array<const char*, 5> kControllers{"memory", "cpu", "cpuacct", "pids", "freezer"};
/// The kernel's own default.
constexpr std::uint64_t kCpuPeriodUs = 100'000;

struct GroupMount {
  std::string root, folder, type, options;
};

/// The mounts of control groups. Source: proc(5), /proc/pid/mountinfo.
std::vector<GroupMount> group_mounts(std::string_view text) {
  std::vector<GroupMount> mounts;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 10 || words.end() - dash < 4) continue;
    const GroupMount mount{words[3], words[4], dash[1], dash[3]};
    if (mount.type == "cgroup" || mount.type == "cgroup2") mounts.push_back(mount);
  }
  return mounts;
}

bool is_among(std::string_view list, const std::string& word) {
  const std::vector<std::string> words = split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The folder of the group `path` as the mount shows it; a container sees its own group as the root.
std::filesystem::path folder_in(const GroupMount& mount, const std::string& path) {
  std::string below = path;
  if (mount.root != "/" && path.starts_with(mount.root)) below = path.substr(mount.root.size());
  if (below == "/") below.clear();
  return mount.folder + below;
}

bool try_write_group(const fs::path& file, const std::string& text) {
  const Descriptor end(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return end.is_open() &&
         ::write(end.descriptor(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void write_group(const fs::path& file, const std::string& text) {
  if (!try_write_group(file, text))
    throw_errno(ErrorKind::kInternal, "sandbox.control_group",
                cat("the limit cannot be set: '", file.string(), "'"));
}

/// A file of the kernel's: its size is not known before it was read.
std::string group_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::uint64_t group_number(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  in >> number;
  return number;
}

/// The number after a word, as memory.stat and cpu.stat have them, a line each.
std::uint64_t number_after(const std::string& text, const std::string& word) {
  std::istringstream in(text);
  std::string name;
  for (std::uint64_t number = 0; in >> name >> number;) {
    if (name == word) return number;
  }
  return 0;
}

/// Version 1 ends no frozen process before it goes on.
void end_processes(const fs::path& folder) {
  try_write_group(folder / "freezer.state", "THAWED");
  if (try_write_group(folder / "cgroup.kill", "1")) return;
  std::istringstream processes(group_text(folder / "cgroup.procs"));
  for (pid_t process = 0; processes >> process;) ::kill(process, SIGKILL);
}

/// Whether a group can be made there; of version 2, whether its children have the controller.
bool is_usable(const std::string& controller, const ControlGroups::Place& place) {
  const fs::path trial = place.folder / cat("osiris-trial-", ::getpid());
  std::error_code none;
  ControlGroup::remove({trial});  // of a server that had the same number and was killed
  if (!fs::create_directory(trial, none)) return false;
  bool has_it = true;
  if (place.version == ControlGroups::Version::kTwo) {
    // A group with processes of its own gives its children no controllers, unless it does so already.
    try_write_group(place.folder / "cgroup.subtree_control", cat("+", controller));
    const char* file = controller == "freezer"   ? "cgroup.freeze"
                       : controller == "cpuacct" ? "cpu.stat"
                       : controller == "cpu"     ? "cpu.max"
                       : controller == "pids"    ? "pids.max"
                                                 : "memory.max";
    has_it = fs::exists(trial / file, none);
  }
  ControlGroup::remove({trial});
  return has_it;
}

}  // namespace

std::map<std::string, ControlGroups::Place> ControlGroups::places(std::string_view groups,
                                                                  std::string_view mounts) {
  std::map<std::string, Place> places;
  const std::vector<GroupMount> mounted = group_mounts(mounts);
  for (const std::string& line : split(groups, '\n')) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1),
                      path = line.substr(second + 1);
    for (const GroupMount& mount : mounted) {
      for (const char* controller : kControllers) {
        if (controllers.empty() && mount.type == "cgroup2") {
          // What version 1 has is taken away from version 2, so it goes first.
          places.emplace(controller, Place{Version::kTwo, folder_in(mount, path)});
        } else if (mount.type == "cgroup" && is_among(controllers, controller) &&
                   is_among(mount.options, controller)) {
          places[controller] = Place{Version::kOne, folder_in(mount, path)};
        }
      }
    }
  }
  return places;
}

ControlGroups ControlGroups::found() {
  ControlGroups groups;
  for (const auto& [controller, place] :
       places(group_text("/proc/self/cgroup"), group_text("/proc/self/mountinfo"))) {
    if (is_usable(controller, place)) groups.places_[controller] = place;
  }
  return groups;
}

const ControlGroups::Place& ControlGroups::place(const std::string& controller) const {
  static const Place kNowhere;
  const auto found = places_.find(controller);
  return found == places_.end() ? kNowhere : found->second;
}

std::string ControlGroups::name(const std::string& controller) const {
  switch (place(controller).version) {
    case Version::kOne:
      return "cgroup v1";
    case Version::kTwo:
      return "cgroup v2";
    case Version::kNone:
      break;
  }
  return {};
}

ControlGroup::ControlGroup(const ControlGroups& groups, const std::string& name, const Limits& limits)
    : groups_(groups), name_(name) {
  for (const char* controller : kControllers) {
    if (!groups.has(controller)) continue;
    const fs::path made = folder(controller);
    if (std::find(made_.paths.begin(), made_.paths.end(), made) != made_.paths.end()) continue;
    if (::mkdir(made.c_str(), 0755) != 0)
      throw_errno(ErrorKind::kInternal, "sandbox.control_group",
                  cat("the control group cannot be made: '", made.string(), "'"));
    made_.paths.push_back(made);
  }
  const auto is_first = [&](const char* controller) {
    return groups.place(controller).version == ControlGroups::Version::kOne;
  };
  const std::uint64_t cpu_us = limits.cpu_count * kCpuPeriodUs;
  const std::string memory = cat(limits.total_bytes());
  if (groups.has("memory")) {
    write_group(folder("memory") / (is_first("memory") ? "memory.limit_in_bytes" : "memory.max"), memory);
    // Not every kernel counts what is swapped out.
    try_write_group(
        folder("memory") / (is_first("memory") ? "memory.memsw.limit_in_bytes" : "memory.swap.max"),
        is_first("memory") ? memory : "0");
  }
  if (groups.has("pids")) write_group(folder("pids") / "pids.max", cat(limits.process_count));
  if (groups.has("cpu") && is_first("cpu")) {
    write_group(folder("cpu") / "cpu.cfs_period_us", cat(kCpuPeriodUs));
    write_group(folder("cpu") / "cpu.cfs_quota_us", cat(cpu_us));
  } else if (groups.has("cpu")) {
    write_group(folder("cpu") / "cpu.max", cat(cpu_us, " ", kCpuPeriodUs));
  }
}

std::filesystem::path ControlGroup::folder(const std::string& controller) const {
  return groups_.place(controller).folder / name_;
}

std::vector<Descriptor> ControlGroup::doors() const {
  std::vector<Descriptor> doors;
  for (const fs::path& folder : made_.paths) {
    doors.emplace_back(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!doors.back().is_open())
      throw_errno(ErrorKind::kInternal, "sandbox.control_group",
                  cat("the control group takes no processes: '", folder.string(), "'"));
  }
  return doors;
}

bool ControlGroup::freeze(bool is_frozen) const {
  constexpr std::chrono::milliseconds kPause{1};
  constexpr int kMostPauses = 2000;
  if (!groups_.has("freezer")) return false;
  const bool is_first = groups_.place("freezer").version == ControlGroups::Version::kOne;
  const fs::path state = folder("freezer") / (is_first ? "freezer.state" : "cgroup.freeze");
  const std::string wanted = is_first ? (is_frozen ? "FROZEN" : "THAWED") : (is_frozen ? "1" : "0");
  for (int pause = 0; pause < kMostPauses; ++pause) {
    if (!try_write_group(state, wanted)) return false;
    const bool is_done = is_first ? trim(group_text(state)) == wanted
                                  : number_after(group_text(folder("freezer") / "cgroup.events"), "frozen") ==
                                        (is_frozen ? 1 : 0);
    if (is_done) return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

std::optional<Usage> ControlGroup::usage() const {
  if (!groups_.has("memory") || !groups_.has("cpuacct")) return std::nullopt;
  Usage usage;
  constexpr std::uint64_t kNanosecondsPerMicrosecond = 1000;
  if (groups_.place("cpuacct").version == ControlGroups::Version::kOne) {
    usage.cpu_ns = group_number(folder("cpuacct") / "cpuacct.usage");
  } else {
    usage.cpu_ns =
        number_after(group_text(folder("cpuacct") / "cpu.stat"), "usage_usec") * kNanosecondsPerMicrosecond;
  }
  const bool is_first = groups_.place("memory").version == ControlGroups::Version::kOne;
  const std::string memory = group_text(folder("memory") / "memory.stat");
  usage.memory_bytes = number_after(memory, is_first ? "total_rss" : "anon");
  usage.cache_bytes = number_after(memory, is_first ? "total_cache" : "file");
  return usage;
}

void ControlGroup::kill() const {
  for (const fs::path& folder : made_.paths) end_processes(folder);
}

bool ControlGroup::remove(const std::vector<std::filesystem::path>& folders) {
  constexpr std::chrono::milliseconds kPause{2};
  constexpr int kMostPauses = 1500;
  bool are_gone = true;
  for (const fs::path& folder : folders) {
    for (int pause = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && pause < kMostPauses; ++pause) {
      end_processes(folder);
      std::this_thread::sleep_for(kPause);
    }
    are_gone = are_gone && ::access(folder.c_str(), F_OK) != 0;
  }
  return are_gone;
}

}  // namespace osiris::sandbox
