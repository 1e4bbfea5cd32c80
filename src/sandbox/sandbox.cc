#include "sandbox/sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/text.h"
#include "net/cut_off.h"
#include "net/wake_up.h"
#include "sandbox/call_message.h"
#include "sandbox/http_server.h"

namespace osiris::sandbox {

namespace {

/// Where this program is in a container.
constexpr const char* kAgentPlace = "/opt/osiris/osiris";

Descriptor connect_at(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) throw_errno(ErrorKind::kInternal, "sandbox.launch", "no socket could be made");
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    socket.close();
  return socket;
}

}  // namespace

Sandbox::Link::Link(Sandbox& sandbox, Descriptor socket) : sandbox_(sandbox), socket_(std::move(socket)) {
  const std::lock_guard lock(sandbox.mutex_);
  sandbox.links_.insert(descriptor());
  // It ended between the call and here, so nobody else would cut this one.
  if (sandbox.has_ended_) cut_off(descriptor());
}

Sandbox::Link::~Link() {
  const std::lock_guard lock(sandbox_.mutex_);
  sandbox_.links_.erase(descriptor());
}

Sandbox::Sandbox(const SandboxGround& ground, SandboxFacts facts)
    : ground_(ground), facts_(std::move(facts)), trace_{ground.folder, facts_.id}, measured_us_(steady_us()) {
  start_container();
  wait_until_it_answers();
}

Sandbox::~Sandbox() { end(std::chrono::milliseconds::zero()); }

void Sandbox::start_container() {
  const Descriptor listening = listen_at(ground_.folder.socket(facts_.id));
  ContainerPlan plan;
  plan.name = facts_.id;
  plan.slot = facts_.slot;
  plan.limits = facts_.limits;
  plan.network = facts_.network;
  plan.descriptors = {listening.descriptor()};
  plan.files = facts_.files;
  fs::path home = "/home/user";
  fs::path agent = kAgentPlace;
  if (ground_.isolation.is_container()) {
    plan.files.push_back({ground_.program, kAgentPlace, std::nullopt});
  } else {
    home = ground_.folder.path() / cat(facts_.id, ".home");
    make_folders(home);
    agent = ground_.program;
  }
  plan.folder = facts_.folder.empty() ? home : fs::path(facts_.folder);
  plan.command = {agent.string(), "sandbox", "agent", "--descriptor", "3"};
  plan.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      cat("HOME=", home.string())};
  std::map<std::string, std::string> variables = facts_.variables;
  variables.insert({{"E2B_SANDBOX", "true"}, {"E2B_TEMPLATE_ID", facts_.template_id}});
  variables[kSandboxIdVariable] = facts_.id;
  // On its standard input: a command line can be read by everybody on the machine.
  const bool counts_processes = ground_.isolation.is_container() && !ground_.isolation.groups().has("pids");
  plan.input = message_text({{"envs", variables},
                             {"memory_bytes", facts_.limits.memory_bytes},
                             {"process_count", counts_processes ? facts_.limits.process_count : 0},
                             {"home", home.string()},
                             {"workdir", plan.folder.string()},
                             {"blocks_unattended", ground_.is_old_envd}});
  container_ = std::make_unique<Container>(ground_.isolation, ground_.launcher, plan);
  ground_.folder.remember(facts_.id, container_->process(), container_->groups());
}

bool Sandbox::answers_now() {
  constexpr std::chrono::seconds kPatience{10};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const Descriptor socket = connect_at(ground_.folder.socket(facts_.id));
  const std::string_view question = "GET /health HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n";
  if (!socket.is_open() || ::send(socket.descriptor(), question.data(), question.size(), MSG_NOSIGNAL) < 0)
    return false;
  pollfd watched{socket.descriptor(), POLLIN, 0};
  if (::poll(&watched, 1, remaining_ms(deadline)) != 1) return false;
  std::array<char, 256> answer{};
  const ssize_t count = ::recv(socket.descriptor(), answer.data(), answer.size(), 0);
  return count > 0 &&
         std::string_view(answer.data(), static_cast<std::size_t>(count)).starts_with("HTTP/1.1 2");
}

void Sandbox::wait_until_it_answers() {
  // The socket listens since before the agent began, so the question waits there until it is taken.
  if (answers_now()) return;
  constexpr std::chrono::milliseconds kLastWords{200};
  container_->wait(kLastWords);
  throw Error(ErrorKind::kInternal, "sandbox.launch",
              cat("the sandbox did not start: '", container_->words(), "'"));
}

std::string Sandbox::obituary() const {
  std::string words = container_->words();
  // One line, and none that a terminal obeys.
  std::ranges::replace_if(
      words, [](char letter) { return static_cast<unsigned char>(letter) < ' '; }, ' ');
  return cat("the sandbox '", facts_.id, "' ", container_->described_end(), " by itself",
             words.empty() ? "" : ": ", words);
}

SandboxState Sandbox::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::int64_t Sandbox::end_ms() const {
  const std::lock_guard lock(mutex_);
  return end_ms_;
}

void Sandbox::set_end_ms(std::int64_t unix_ms) {
  const std::lock_guard lock(mutex_);
  end_ms_ = unix_ms;
}

std::unique_ptr<Sandbox::Link> Sandbox::connect() {
  Descriptor socket = connect_at(ground_.folder.socket(facts_.id));
  return socket.is_open() ? std::make_unique<Link>(*this, std::move(socket)) : nullptr;
}

Sandbox::Paused Sandbox::pause() {
  const std::lock_guard lock(mutex_);
  if (state_ == SandboxState::kPaused) return Paused::kBefore;
  if (!container_->freeze(true)) {
    // Part of it may stand still.
    container_->freeze(false);
    return Paused::kImpossible;
  }
  state_ = SandboxState::kPaused;
  return Paused::kNow;
}

bool Sandbox::resume() {
  const std::lock_guard lock(mutex_);
  if (state_ == SandboxState::kRunning) return false;
  container_->freeze(false);
  state_ = SandboxState::kRunning;
  return true;
}

void Sandbox::end(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    // First, so that no peer takes the end of a process for the end of a command.
    for (const int link : links_) cut_off(link);
  }
  if (container_) container_->end(grace);
}

Sandbox::Measured Sandbox::measure() {
  const Usage usage = container_->usage();
  Measured measured{0, usage.memory_bytes, usage.cache_bytes, container_->disk_bytes()};
  const std::lock_guard lock(mutex_);
  const std::int64_t now_us = steady_us();
  constexpr double kPercentPerRatio = 100.0, kNanosecondsPerMicrosecond = 1000.0;
  if (now_us > measured_us_ && usage.cpu_ns >= measured_cpu_ns_) {
    measured.cpu_percent = kPercentPerRatio * static_cast<double>(usage.cpu_ns - measured_cpu_ns_) /
                           (kNanosecondsPerMicrosecond * static_cast<double>(now_us - measured_us_));
  }
  measured_cpu_ns_ = usage.cpu_ns;
  measured_us_ = now_us;
  return measured;
}

}  // namespace osiris::sandbox
