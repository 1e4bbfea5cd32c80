#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/descriptor.h"
#include "base/secret.h"
#include "sandbox/container.h"
#include "sandbox/state_folder.h"

namespace osiris::sandbox {

/// What is known of a sandbox and never changes.
struct SandboxFacts {
  std::string id, template_id, template_name;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> variables;  ///< of each of its processes
  std::vector<ContainerFile> files;
  std::string folder;  ///< where its commands start; empty: its home
  Limits limits;
  Network network = Network::kDenied;
  Secret token;  ///< empty: whoever may reach the server may use the sandbox
  bool pauses_at_end = false, resumes_by_request = false;
  std::int64_t started_ms = 0;
  std::size_t slot = 0;
};

enum class SandboxState { kRunning, kPaused };

/// What the server starts sandboxes with.
struct SandboxGround {
  const Isolation& isolation;
  Launcher& launcher;
  const StateFolder& folder;
  std::filesystem::path program;  ///< this program, which is its own agent in a sandbox
  bool is_old_envd = false;       ///< agents behave as those of old sandboxes
};

/// A sandbox: a container, the program in it that answers envd's requests, and the connections to that. It
/// ends with the object. Thread-safe.
class Sandbox {
 public:
  /// A connection to the agent, known to its sandbox as long as it is there. Requires: the sandbox lives
  /// longer.
  class Link {
   public:
    Link(Sandbox& sandbox, Descriptor socket);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();
    int descriptor() const { return socket_.descriptor(); }

   private:
    Sandbox& sandbox_;
    Descriptor socket_;
  };

  /// Starts it, and waits until it answers.
  /// Errors: kInternal "sandbox.launch", "sandbox.control_group", with what the container said.
  Sandbox(const SandboxGround& ground, SandboxFacts facts);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox();

  const SandboxFacts& facts() const { return facts_; }
  SandboxState state() const;
  /// When it ends or pauses by itself, in milliseconds since 1970.
  std::int64_t end_ms() const;
  void set_end_ms(std::int64_t unix_ms);
  bool is_running() { return container_->is_running(); }
  /// A line about one that runs no more and was not ended.
  std::string obituary() const;

  /// Nothing where nobody listens any more.
  std::unique_ptr<Link> connect();
  enum class Paused { kNow, kBefore, kImpossible };
  Paused pause();
  /// False where it runs already.
  bool resume();
  /// Cuts its connections and ends its processes: gracefully, then by force.
  void end(std::chrono::milliseconds grace);

  /// Processor use since the last call, in percent of one processor.
  struct Measured {
    double cpu_percent = 0;
    std::uint64_t memory_bytes = 0, cache_bytes = 0, disk_bytes = 0;
  };
  Measured measure();

 private:
  void start_container();
  void wait_until_it_answers();
  bool answers_now();

  /// What the sandbox has in the state folder; goes after its container.
  struct Trace {
    const StateFolder& folder;
    const std::string& id;
    ~Trace() { folder.forget(id); }
  };

  const SandboxGround& ground_;
  const SandboxFacts facts_;
  Trace trace_;
  std::unique_ptr<Container> container_;
  mutable std::mutex mutex_;
  std::set<int> links_;
  SandboxState state_ = SandboxState::kRunning;
  bool has_ended_ = false;
  std::int64_t end_ms_ = 0;
  std::uint64_t measured_cpu_ns_ = 0;
  std::int64_t measured_us_ = 0;
};

}  // namespace osiris::sandbox
