#include "sandbox/container.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sandbox/container_arguments.h"
#include "sandbox/process_tree.h"

namespace osiris::sandbox {

namespace {

/// Bubblewrap itself, its first process in the container, and the command.
constexpr std::size_t kOwnProcesses = 2;

/// As many processors as the limit says, others for each sandbox in turn.
std::vector<int> processors_of(std::size_t slot, std::uint64_t count) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> all;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(static_cast<std::size_t>(processor), &allowed)) all.push_back(processor);
  }
  std::vector<int> chosen;
  for (std::size_t index = 0; index < std::min<std::size_t>(count, all.size()); ++index)
    chosen.push_back(all[(slot * count + index) % all.size()]);
  return chosen;
}

/// Limits that a process has from its beginning.
void add_process_limits(const ControlGroups& groups, const ContainerPlan& plan, LaunchPlan& launch) {
  constexpr std::uint64_t kOpenFiles = 4096;
  launch.limits = {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, kOpenFiles}};
  if (!groups.has("cpu")) launch.processors = processors_of(plan.slot, plan.limits.cpu_count);
}

/// The words of a list as bubblewrap reads them from a file.
std::string with_zeros(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(word).push_back('\0');
  return text;
}

}  // namespace

Container::Container(const Isolation& isolation, Launcher& launcher, const ContainerPlan& plan)
    : isolation_(isolation), plan_(plan) {
  plan_.environment.push_back(cat(kSandboxIdVariable, "=", plan.name));
  group_ = std::make_unique<ControlGroup>(isolation.groups(), plan.name, plan.limits);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw_errno(ErrorKind::kInternal, "sandbox.launch", "no pipe could be made");
  output_ = Descriptor(ends[0]);
  const Descriptor words(ends[1]);

  LaunchPlan launch;
  const Descriptor input = memory_file(plan.input);
  launch.input = input.descriptor();
  launch.output = words.descriptor();
  launch.descriptors = plan.descriptors;
  const std::vector<Descriptor> doors = group_->doors();
  for (const Descriptor& door : doors) launch.doors.push_back(door.descriptor());
  add_process_limits(isolation.groups(), plan, launch);
  ContainerArguments arguments;
  Descriptor argument_file;
  if (isolation.is_container()) {
    std::vector<std::filesystem::path> sources;
    launch.user = isolation.user(plan.slot);
    for (const ContainerFile& file : plan.files) {
      sources.push_back(file.source);
      if (!launch.user || file.copy_mode) continue;
      sources.back() = cat("/tmp/", launch.staged.size());
      launch.staged.push_back(file.source);
    }
    const int first_descriptor = 3 + static_cast<int>(plan.descriptors.size());
    arguments = container_arguments(plan_, sources, first_descriptor);
    for (const Descriptor& file : arguments.files) launch.descriptors.push_back(file.descriptor());
    // In a file, for everybody on a machine may read command lines.
    argument_file = memory_file(with_zeros(arguments.words));
    launch.descriptors.push_back(argument_file.descriptor());
    launch.command = {isolation.bubblewrap().string(), "--args", cat(2 + launch.descriptors.size()), "--"};
    launch.command.insert(launch.command.end(), plan.command.begin(), plan.command.end());
  } else {
    launch.command = plan.command;
    launch.folder = plan.folder;
    launch.environment = plan_.environment;
  }
  process_ = launcher.launch(launch);
}

Container::~Container() { end(std::chrono::milliseconds::zero()); }

std::vector<std::filesystem::path> Container::groups() const { return group_->folders(); }

bool Container::is_running() { return !wait(std::chrono::milliseconds::zero()); }

bool Container::wait(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kPause{2};
  for (const auto deadline = std::chrono::steady_clock::now() + limit;;) {
    {
      const std::lock_guard lock(mutex_);
      int status = 0;
      if (!status_ && ::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
      if (status_) return true;
    }
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
}

std::string Container::described_end() const {
  const std::lock_guard lock(mutex_);
  return status_ ? osiris::described_end(*status_) : std::string();
}

std::string Container::words() const {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(output_.descriptor(), buffer.data(), buffer.size());
  return count > 0 ? std::string(trim({buffer.data(), static_cast<std::size_t>(count)})) : std::string();
}

bool Container::freeze(bool is_frozen) { return group_->freeze(is_frozen); }

void Container::ask_to_end(std::chrono::milliseconds grace) {
  constexpr std::chrono::milliseconds kPause{5};
  const std::size_t own = isolation_.is_container() ? kOwnProcesses : 0;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  std::vector<pid_t> processes = processes_below(process_);
  for (std::size_t index = own; index < processes.size(); ++index) ::kill(processes[index], SIGTERM);
  while (processes.size() > own && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
    processes = processes_below(process_);
  }
}

void Container::end(std::chrono::milliseconds grace) noexcept {
  if (process_ <= 0 || !is_running()) return;
  if (grace.count() > 0) {
    freeze(false);
    ask_to_end(grace);
  }
  std::vector<pid_t> rest;
  if (!isolation_.is_container()) rest = processes_with(cat(kSandboxIdVariable, "=", plan_.name));
  group_->kill();
  {
    // Not yet waited for, so the number is still its own.
    const std::lock_guard lock(mutex_);
    if (!status_) ::kill(-process_, SIGKILL);
  }
  for (const pid_t process : rest) ::kill(process, SIGKILL);
  constexpr std::chrono::seconds kPatience{5};
  wait(kPatience);
}

Usage Container::usage() const {
  if (const auto counted = group_->usage()) return *counted;
  std::vector<pid_t> processes = processes_below(process_);
  processes.push_back(process_);
  const ProcessUsage usage = usage_of(processes);
  return {usage.cpu_ns, usage.resident_bytes, 0};
}

std::uint64_t Container::disk_bytes() const {
  std::string folder = plan_.folder.string();
  if (isolation_.is_container()) {
    const std::vector<pid_t> processes = processes_below(process_);
    if (processes.empty()) return 0;
    // The way is of mounts that nobody inside can change.
    folder = cat("/proc/", processes.front(), "/root/home/user");
  }
  struct statvfs facts {};
  if (!isolation_.is_container() || ::statvfs(folder.c_str(), &facts) != 0) return 0;
  return (facts.f_blocks - facts.f_bfree) * facts.f_frsize;
}

}  // namespace osiris::sandbox
