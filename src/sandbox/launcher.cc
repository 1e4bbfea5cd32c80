#include "sandbox/launcher.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

/// What a child was doing when it failed; static texts only, for it tells its parent their addresses.
struct LaunchFailure {
  int code = 0;
  const char* what = nullptr;
};

/// The work of the new process between fork() and exec. Other threads may have held any lock when it was
/// made, so it makes system calls only, on what the parent prepared.
class LaunchedChild {
 public:
  LaunchedChild(const LaunchPlan& plan, int failure_pipe)
      : plan_(plan),
        failure_pipe_(failure_pipe),
        command_(pointers(plan.command)),
        environment_(pointers(plan.environment)) {
    for (std::size_t number = 0; number < plan.staged.size(); ++number)
      staged_names_.push_back(cat("/tmp/", number));
    CPU_ZERO(&processors_);
    for (const int processor : plan.processors) CPU_SET(static_cast<std::size_t>(processor), &processors_);
  }

  [[noreturn]] void become_program() {
    ::setpgid(0, 0);
    reset_signals();
    for (const auto& [resource, most] : plan_.limits) {
      const rlimit limit{most, most};
      must(::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0, "a limit cannot be set");
    }
    if (!plan_.processors.empty())
      must(::sched_setaffinity(0, sizeof processors_, &processors_) == 0, "the processors cannot be set");
    for (const int door : plan_.doors) must(::write(door, "0", 1) == 1, "a control group takes no process");
    if (plan_.user) become_user();
    // After the change of user, which forgets it.
    must(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "a process cannot be made to end with the server");
    place_descriptors();
    must(::chdir(plan_.folder.c_str()) == 0, "the folder cannot be entered");
    ::execve(command_.front(), command_.data(), environment_.data());
    must(false, "the program cannot be started");
    ::_exit(127);
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  void must(bool holds, const char* what) const {
    if (holds) return;
    const LaunchFailure failure{errno, what};
    // Nobody is told where nobody reads.
    if (::write(failure_pipe_, &failure, sizeof failure) < 0) ::_exit(126);
    ::_exit(127);
  }

  static void reset_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void become_user() {
    must(::unshare(CLONE_NEWNS) == 0, "no view of the mounts can be made");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0,
         "the mounts cannot be kept apart");
    std::array<int, kMostStaged> sources{};
    for (std::size_t number = 0; number < plan_.staged.size(); ++number) {
      sources[number] = ::open(plan_.staged[number].c_str(), O_PATH | O_CLOEXEC);
      must(sources[number] >= 0, "a file of the template cannot be opened");
    }
    must(::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0, "/tmp cannot be mounted");
    for (std::size_t number = 0; number < plan_.staged.size(); ++number)
      stage(sources[number], staged_names_[number].c_str());
    // The C library would tell every thread of the parent; there is one here.
    must(::syscall(SYS_setgroups, 0, nullptr) == 0, "the groups cannot be left");
    must(::syscall(SYS_setresgid, *plan_.user, *plan_.user, *plan_.user) == 0, "the group cannot be changed");
    must(::syscall(SYS_setresuid, *plan_.user, *plan_.user, *plan_.user) == 0, "the user cannot be changed");
  }

  void stage(int source, const char* place) const {
    struct stat facts {};
    must(::fstat(source, &facts) == 0, "a file of the template cannot be read");
    if (S_ISDIR(facts.st_mode)) {
      must(::mkdir(place, 0755) == 0, "a place for a file cannot be made");
    } else {
      const int made = ::open(place, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
      must(made >= 0, "a place for a file cannot be made");
      ::close(made);
    }
    std::array<char, 32> path{"/proc/self/fd/"};
    std::size_t end = std::strlen(path.data());
    std::array<char, 12> digits{};
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + source % 10);
      source /= 10;
    } while (source > 0);
    while (count > 0) path[end++] = digits[--count];
    must(::mount(path.data(), place, nullptr, MS_BIND, nullptr) == 0, "a file cannot be mounted");
  }

  void place_descriptors() const {
    // Above all places, so that putting one there overwrites none that is still to be put.
    const int lowest = 3 + static_cast<int>(plan_.descriptors.size());
    std::array<int, kMostDescriptors> high{};
    for (std::size_t index = 0; index < plan_.descriptors.size(); ++index) {
      high[index] = ::fcntl(plan_.descriptors[index], F_DUPFD_CLOEXEC, lowest);
      must(high[index] >= 0, "a descriptor cannot be handed on");
    }
    must(::dup2(plan_.input, STDIN_FILENO) >= 0 && ::dup2(plan_.output, STDOUT_FILENO) >= 0 &&
             ::dup2(plan_.output, STDERR_FILENO) >= 0,
         "input and output cannot be handed on");
    for (std::size_t index = 0; index < plan_.descriptors.size(); ++index)
      must(::dup2(high[index], 3 + static_cast<int>(index)) >= 0, "a descriptor cannot be handed on");
  }

 public:
  static constexpr std::size_t kMostStaged = 256, kMostDescriptors = 512;

 private:
  const LaunchPlan& plan_;
  int failure_pipe_;
  std::vector<char*> command_, environment_;
  std::vector<std::string> staged_names_;
  cpu_set_t processors_{};
};

[[noreturn]] void throw_launch_failure(const LaunchFailure& failure, const std::string& program) {
  errno = failure.code;
  throw_errno(ErrorKind::kInternal, "sandbox.launch", cat(failure.what, ": '", program, "'"));
}

pid_t fork_program(const LaunchPlan& plan) {
  invariant(plan.staged.size() <= LaunchedChild::kMostStaged &&
                plan.descriptors.size() <= LaunchedChild::kMostDescriptors,
            "a launch has as many files and descriptors as it may");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_errno(ErrorKind::kInternal, "sandbox.launch", "no pipe could be made");
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  // The child's last resort is this pipe, so it must not be in the way of what it gets.
  Descriptor failure_pipe(::fcntl(write_end.descriptor(), F_DUPFD_CLOEXEC,
                                  3 + static_cast<int>(LaunchedChild::kMostDescriptors)));
  write_end.close();
  LaunchedChild child(plan, failure_pipe.descriptor());
  const pid_t process = ::fork();
  if (process == 0) child.become_program();
  if (process < 0) throw_errno(ErrorKind::kInternal, "sandbox.launch", "no process could be made");
  failure_pipe.close();
  LaunchFailure failure;
  ssize_t count = 0;
  do {
    count = ::read(read_end.descriptor(), &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof failure) return process;
  ::waitpid(process, nullptr, 0);
  throw_launch_failure(failure, plan.command.front());
}

}  // namespace

Launcher::Launcher() : thread_([this] { work(); }) {}

Launcher::~Launcher() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Launcher::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto jobs = std::exchange(jobs_, {});
    lock.unlock();
    for (const auto& job : jobs) job();
  }
}

pid_t Launcher::launch(const LaunchPlan& plan) {
  // The thread may still be in the task's code when its result is here.
  const auto task = std::make_shared<std::packaged_task<pid_t()>>([&plan] { return fork_program(plan); });
  std::future<pid_t> process = task->get_future();
  {
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back([task] { (*task)(); });
  }
  changed_.notify_all();
  return process.get();
}

}  // namespace osiris::sandbox
