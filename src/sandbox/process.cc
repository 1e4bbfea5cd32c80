#include "sandbox/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "net/connect_frames.h"
#include "sandbox/process_spawn.h"

namespace osiris::sandbox {

namespace {

/// Source: E2B's envd reads so much at a time of a pipe, and of a terminal.
constexpr std::size_t kPipeChunkBytes = 32 << 10, kTerminalChunkBytes = 16 << 10;
constexpr int kForever = -1;

void set_size(const Descriptor& terminal, TerminalSize size) {
  const winsize window{size.rows, size.columns, 0, 0};
  ::ioctl(terminal.descriptor(), TIOCSWINSZ, &window);
}

[[noreturn]] void refuse_input(const std::string& why) {
  throw Error(ErrorKind::kInternal, "sandbox.input", why);
}

}  // namespace

std::string end_event_json(int wait_status) {
  Json end = Json::object();
  std::string status;
  if (WIFSIGNALED(wait_status)) {
    status = cat("signal: ", to_lower(::strsignal(WTERMSIG(wait_status))),
                 WCOREDUMP(wait_status) ? " (core dumped)" : "");
    end = {{"exitCode", -1}, {"status", status}};
  } else {
    status = cat("exit status ", WEXITSTATUS(wait_status));
    end = {{"exited", true}, {"status", status}};
    if (WEXITSTATUS(wait_status) != 0) end["exitCode"] = WEXITSTATUS(wait_status);
  }
  if (wait_status != 0) end["error"] = status;
  return Json{{"event", {{"end", end}}}}.dump();
}

Process::Process(ProcessOptions options)
    : options_(std::move(options)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      output_(options_.blocks_unattended, [this] { ::eventfd_write(wake_.descriptor(), 1); }) {
  if (!wake_.is_open())
    throw_errno(ErrorKind::kInternal, "system.eventfd", "no event descriptor could be made");
  spawn();
}

Process::~Process() {
  stopping_.cancel();
  signal(SIGKILL);
  thread_.reset();
  int status = 0;
  if (!is_reaped_) ::waitpid(pid_, &status, 0);
}

void Process::spawn() {
  SpawnRequest request;
  request.command.push_back(options_.config.command);
  request.command.insert(request.command.end(), options_.config.arguments.begin(),
                         options_.config.arguments.end());
  request.environment = options_.environment;
  request.folder = options_.folder;
  if (options_.terminal) {
    PseudoTerminal terminal = make_pseudo_terminal();
    terminal_ = std::move(terminal.descriptor);
    set_size(terminal_, *options_.terminal);
    request.terminal = terminal.name;
    ::fcntl(terminal_.descriptor(), F_SETFL, O_RDWR | O_NONBLOCK);
    pid_ = spawn_program(request);
  } else {
    PipePair output = make_pipe_pair(), errors = make_pipe_pair(), input;
    if (options_.has_input) input = make_pipe_pair();
    request.input = input.read.descriptor();
    request.output = output.write.descriptor();
    request.errors = errors.write.descriptor();
    pid_ = spawn_program(request);
    stdout_ = std::move(output.read);
    stderr_ = std::move(errors.read);
    input_ = std::move(input.write);
    for (const Descriptor* const end : {&stdout_, &stderr_, &input_})
      ::fcntl(end->descriptor(), F_SETFL, O_NONBLOCK);
  }
  // The C library's own pidfd_open() cannot be linked from C++ in every version.
  process_descriptor_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

void Process::run() {
  thread_.emplace([this] { read_all(); });
}

std::optional<std::chrono::steady_clock::time_point> Process::ended_at() const {
  const std::scoped_lock lock(mutex_);
  return ended_at_;
}

/// Publishes a piece of what came; false where there was nothing, so that nothing more of it comes now.
bool Process::read_some(Descriptor& from, std::string_view stream) {
  std::array<char, kPipeChunkBytes> buffer;  // NOLINT: filled by read()
  const std::size_t most = options_.terminal ? kTerminalChunkBytes : kPipeChunkBytes;
  const ssize_t count = ::read(from.descriptor(), buffer.data(), most);
  if (count > 0) {
    if (!ended_at())
      output_.publish(connect_output_frame(stream, {buffer.data(), static_cast<std::size_t>(count)}));
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  // The end; of a terminal it is the error EIO.
  from.close();
  return false;
}

void Process::await_end() {
  const std::scoped_lock lock(mutex_);
  int status = 0;
  if (!is_reaped_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    is_reaped_ = true;
    wait_status_ = status;
  }
}

void Process::end() {
  {
    const std::scoped_lock lock(mutex_);
    ended_at_ = std::chrono::steady_clock::now();
  }
  output_.finish(connect_frame(end_event_json(wait_status_)));
}

void Process::read_all() {
  // Where the system has no descriptors of processes, their end is looked for so often.
  constexpr int kTickMs = 20;
  Descriptor reading_terminal(terminal_.is_open() ? ::fcntl(terminal_.descriptor(), F_DUPFD_CLOEXEC, 0) : -1);
  const std::array<std::pair<Descriptor*, std::string_view>, 3> sources{
      {{&stdout_, "stdout"}, {&stderr_, "stderr"}, {&reading_terminal, "pty"}}};
  bool has_ended = false;
  while (!stopping_.is_cancelled()) {
    const bool has_room = has_ended || output_.has_room();
    std::array<pollfd, 6> watched{};
    for (std::size_t index = 0; index < sources.size(); ++index)
      watched[index] = {has_room ? sources[index].first->descriptor() : -1, POLLIN, 0};
    watched[3] = {is_reaped_ ? -1 : process_descriptor_.descriptor(), POLLIN, 0};
    watched[4] = {wake_.descriptor(), POLLIN, 0};
    watched[5] = {stopped_.descriptor(), POLLIN, 0};
    int patience_ms = kForever;
    if (!is_reaped_ && !process_descriptor_.is_open()) patience_ms = kTickMs;
    if (!is_reaped_ && !is_overdue_ && options_.deadline) {
      const int left_ms = remaining_ms(*options_.deadline);
      patience_ms = patience_ms == kForever ? left_ms : std::min(patience_ms, left_ms);
    }
    // What its pipes hold when it is gone is still its own.
    if (is_reaped_ && !has_ended && (has_room || is_overdue_)) patience_ms = 0;
    ::poll(watched.data(), watched.size(), patience_ms);
    if (watched[4].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.descriptor(), &count);
    }
    bool has_read = false;
    for (std::size_t index = 0; index < sources.size(); ++index) {
      if (watched[index].revents != 0 && read_some(*sources[index].first, sources[index].second))
        has_read = true;
    }
    if (is_reaped_ && !has_ended && !has_read && (has_room || is_overdue_)) {
      end();
      has_ended = true;
    }
    if (watched[3].revents != 0 || !process_descriptor_.is_open()) await_end();
    if (!is_reaped_ && !is_overdue_ && options_.deadline &&
        std::chrono::steady_clock::now() >= *options_.deadline) {
      is_overdue_ = true;
      signal(SIGKILL);
    }
    const bool is_closed =
        std::ranges::none_of(sources, [](const auto& source) { return source.first->is_open(); });
    if (has_ended && is_closed) break;
  }
  is_silent_ = true;
}

void Process::write_input(std::string_view bytes, const std::function<bool()>& is_abandoned) {
  constexpr int kTickMs = 100;
  const std::scoped_lock lock(input_mutex_);
  const Descriptor& to = options_.terminal ? terminal_ : input_;
  if (!to.is_open()) refuse_input("stdin not enabled or closed");
  while (!bytes.empty()) {
    const ssize_t count = ::write(to.descriptor(), bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      pollfd watched{to.descriptor(), POLLOUT, 0};
      ::poll(&watched, 1, kTickMs);
      if (ended_at()) refuse_input("the process has ended");
      if (is_abandoned())
        throw Error(ErrorKind::kConnection, "connection.lost", "nobody waits for the input to be read");
    } else if (count < 0 && errno != EINTR) {
      refuse_input(cat("error writing to the input of process '", pid_, "': ", std::strerror(errno)));
    }
  }
}

void Process::close_input() {
  if (options_.terminal) refuse_input("cannot close the input of a terminal, send Ctrl+D (0x04) instead");
  const std::scoped_lock lock(input_mutex_);
  input_.close();
}

void Process::resize(TerminalSize size) {
  if (!options_.terminal) refuse_input("the process has no terminal");
  set_size(terminal_, size);
}

void Process::signal(int number) {
  const std::scoped_lock lock(mutex_);
  if (is_reaped_) return;
  // A group exists from the beginning on: the program leads it before its first instruction.
  ::kill(options_.signals_leader_only ? pid_ : -pid_, number);
}

}  // namespace osiris::sandbox
