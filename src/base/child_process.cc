#include "base/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

/// Above the numbers that the child's descriptors have, so that putting one in its place overwrites none.
constexpr int kLowestDescriptor = 16;
/// Chosen: a batch goes through in a few turns, and few systems allow an ordinary user more.
constexpr int kPipeBytes = 1 << 20;

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_errno(ErrorKind::kInternal, "system.process", "no pipe could be made");
  const Descriptor low_read(ends[0]), low_write(ends[1]);
  Pipe pipe{Descriptor(::fcntl(ends[0], F_DUPFD_CLOEXEC, kLowestDescriptor)),
            Descriptor(::fcntl(ends[1], F_DUPFD_CLOEXEC, kLowestDescriptor))};
  if (!pipe.read.is_open() || !pipe.write.is_open())
    throw_errno(ErrorKind::kInternal, "system.process", "no pipe could be made");
  ::fcntl(pipe.write.descriptor(), F_SETPIPE_SZ, kPipeBytes);
  return pipe;
}

void stop_blocking(const Descriptor& end) { ::fcntl(end.descriptor(), F_SETFL, O_NONBLOCK); }

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What posix_spawn() is to do in the child before the program begins.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // A stop of ours, Ctrl-C, goes to its whole group; the child is ended by us.
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void place(const Descriptor& end, int descriptor) {
    posix_spawn_file_actions_adddup2(&actions_, end.descriptor(), descriptor);
  }
  int spawn(const ChildProcess::Options& options, pid_t& process) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions_, options.folder.c_str());
    const auto command = pointers(options.command), environment = pointers(options.environment);
    return ::posix_spawnp(&process, command.front(), &actions_, &attributes_, command.data(),
                          environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProcess::ChildProcess(const Options& options) {
  // Writing to a child that is gone is an error of that write, and not the end of this process.
  ::signal(SIGPIPE, SIG_IGN);
  Pipe in = make_pipe(), out = make_pipe(), words = make_pipe(), life = make_pipe();
  SpawnPlan plan;
  plan.place(words.write, STDOUT_FILENO);
  plan.place(words.write, STDERR_FILENO);
  plan.place(in.read, 3);
  plan.place(out.write, 4);
  plan.place(life.read, 5);
  if (const int problem = plan.spawn(options, process_); problem != 0) {
    errno = problem;
    const bool is_missing = problem == ENOENT || problem == EACCES;
    throw_errno(is_missing ? ErrorKind::kUser : ErrorKind::kInternal,
                is_missing ? "process.not_found" : "system.process",
                cat("the program cannot be started: '", options.command.front(), "'"));
  }
  to_child_ = std::move(in.write);
  from_child_ = std::move(out.read);
  output_ = std::move(words.read);
  life_line_ = std::move(life.write);
  stop_blocking(to_child_);
  stop_blocking(from_child_);
  stop_blocking(output_);
}

ChildProcess::~ChildProcess() { kill(); }

std::optional<int> ChildProcess::wait(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kPause{2};
  for (const auto deadline = std::chrono::steady_clock::now() + limit; !status_;) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
    if (status_ || std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kPause);
  }
  return status_;
}

void ChildProcess::kill() noexcept {
  if (process_ <= 0) return;
  // What the program itself left behind is of the group still.
  ::kill(-process_, SIGKILL);
  int status = 0;
  if (!status_ && ::waitpid(process_, &status, 0) == process_) status_ = status;
}

std::uint64_t ChildProcess::resident_bytes() const {
  std::ifstream file(cat("/proc/", process_, "/statm"));
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string described_end(int wait_status) {
  if (WIFSIGNALED(wait_status))
    return cat("was ended by signal ", WTERMSIG(wait_status), " (", ::strsignal(WTERMSIG(wait_status)), ")");
  return cat("ended with code ", WEXITSTATUS(wait_status));
}

}  // namespace osiris
