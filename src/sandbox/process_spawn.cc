#include "sandbox/process_spawn.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// What posix_spawn() is to do in the child before its program begins.
class SpawnSteps {
 public:
  explicit SpawnSteps(const SpawnRequest& request) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    const bool has_terminal = !request.terminal.empty();
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                (has_terminal ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP)));
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    if (has_terminal) {
      // A session's leader that opens a terminal makes it its own.
      posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, request.terminal.c_str(), O_RDWR, 0);
      posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDERR_FILENO);
    } else {
      if (request.input >= 0) {
        posix_spawn_file_actions_adddup2(&actions_, request.input, STDIN_FILENO);
      } else {
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
      }
      posix_spawn_file_actions_adddup2(&actions_, request.output, STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions_, request.errors, STDERR_FILENO);
    }
    posix_spawn_file_actions_addchdir_np(&actions_, request.folder.c_str());
  }
  SpawnSteps(const SpawnSteps&) = delete;
  SpawnSteps& operator=(const SpawnSteps&) = delete;
  ~SpawnSteps() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  /// 0, or why not, as errno has it.
  int spawn(const std::string& program, const std::vector<std::string>& command,
            const std::vector<std::string>& environment, pid_t& process) const {
    return ::posix_spawn(&process, program.c_str(), &actions_, &attributes_, texts(command).data(),
                         texts(environment).data());
  }

 private:
  static std::vector<char*> texts(const std::vector<std::string>& list) {
    std::vector<char*> pointers;
    for (const std::string& text : list) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// When memory runs out, what this process spawns in the life of this object is ended before the process. It
/// inherits that, for a score that it is given once it runs comes too late for the children that it has by
/// then. Nothing is lost where the system has no such scores.
class EndsFirst {
 public:
  EndsFirst() : file_(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC)) {
    const ssize_t count = ::pread(file_.descriptor(), own_.data(), own_.size(), 0);
    if (count > 0) size_ = static_cast<std::size_t>(count);
    if (size_ > 0) set("1000");
  }
  EndsFirst(const EndsFirst&) = delete;
  EndsFirst& operator=(const EndsFirst&) = delete;
  ~EndsFirst() {
    if (size_ > 0) set({own_.data(), size_});
  }

 private:
  void set(std::string_view score) const {
    [[maybe_unused]] const ssize_t written = ::pwrite(file_.descriptor(), score.data(), score.size(), 0);
  }

  /// The score is one of the whole process, so one thread at a time lends it.
  static inline std::mutex lending;
  const std::scoped_lock<std::mutex> lock_{lending};
  const Descriptor file_;
  std::array<char, 16> own_{};
  std::size_t size_ = 0;
};

std::string search_path(const std::vector<std::string>& environment) {
  constexpr std::string_view kName = "PATH=";
  for (const std::string& variable : environment) {
    if (variable.starts_with(kName)) return variable.substr(kName.size());
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

/// Where a command is; empty where it is nowhere. Relative places count from the child's folder.
std::string program_of(const SpawnRequest& request) {
  const std::string& name = request.command.front();
  const auto in_folder = [&](const std::string& path) {
    return path.starts_with('/') ? path : cat(request.folder, '/', path);
  };
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return in_folder(name);
  for (const std::string& place : split(search_path(request.environment), ':')) {
    const std::string path = in_folder(cat(place, place.empty() ? "" : "/", name));
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && ::access(path.c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

/// Out of the way of the numbers that a child's descriptors have.
Descriptor moved_up(const Descriptor& low) {
  constexpr int kLowest = 16;
  Descriptor high(::fcntl(low.descriptor(), F_DUPFD_CLOEXEC, kLowest));
  if (!high.is_open()) throw_errno(ErrorKind::kInternal, "system.process", "no pipe could be made");
  return high;
}

}  // namespace

PipePair make_pipe_pair() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_errno(ErrorKind::kInternal, "system.process", "no pipe could be made");
  const Descriptor low_read(ends[0]), low_write(ends[1]);
  return {moved_up(low_read), moved_up(low_write)};
}

PseudoTerminal make_pseudo_terminal() {
  PseudoTerminal terminal{Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), {}};
  std::array<char, 128> name{};
  const int descriptor = terminal.descriptor.descriptor();
  if (descriptor < 0 || ::grantpt(descriptor) != 0 || ::unlockpt(descriptor) != 0 ||
      ::ptsname_r(descriptor, name.data(), name.size()) != 0)
    throw_errno(ErrorKind::kInternal, "system.process", "no terminal could be made");
  terminal.name = name.data();
  return terminal;
}

pid_t spawn_program(const SpawnRequest& request) {
  const EndsFirst ends_first;
  const SpawnSteps steps(request);
  pid_t process = 0;
  const std::string program = program_of(request);
  if (!program.empty() && steps.spawn(program, request.command, request.environment, process) == 0)
    return process;
  std::vector<std::string> by_shell{"sh", "-c", "exec \"$@\"", "sh"};
  by_shell.insert(by_shell.end(), request.command.begin(), request.command.end());
  const int problem = steps.spawn("/bin/sh", by_shell, request.environment, process);
  if (problem == 0) return process;
  errno = problem;
  throw_errno(ErrorKind::kInternal, "system.process",
              cat("error starting process '", request.command.front(), "'"));
}

}  // namespace osiris::sandbox
