#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "sandbox/control_group.h"
#include "sandbox/isolation.h"
#include "sandbox/launcher.h"
#include "sandbox/limits.h"
#include "sandbox/seccomp_filter.h"

namespace osiris::sandbox {

/// A file or folder of the machine that a container has at a place of its own.
struct ContainerFile {
  std::filesystem::path source, destination;
  /// A copy with these permissions, which belongs to the container's user; otherwise it is the same file, to
  /// read.
  std::optional<unsigned> copy_mode;
};

struct ContainerPlan {
  std::string name;  ///< also of its control group, its machine
  std::size_t slot = 0;
  Limits limits;
  Network network = Network::kDenied;
  std::vector<std::string> command;
  std::vector<std::string> environment;  ///< NAME=value, all of it
  std::string input;                     ///< what the command reads on its standard input
  std::vector<int> descriptors;          ///< become 3, 4, 5 …
  std::vector<ContainerFile> files;
  std::filesystem::path folder;  ///< where it starts, as it is called inside
};

/// The variable that every process of a sandbox has, with its name; plain processes are found by it.
inline constexpr const char* kSandboxIdVariable = "E2B_SANDBOX_ID";

/// A running container, or without isolation a group of processes. It ends with the object, with every
/// process.
class Container {
 public:
  /// Errors: kInternal "sandbox.launch", "sandbox.control_group".
  Container(const Isolation& isolation, Launcher& launcher, const ContainerPlan& plan);
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container();

  pid_t process() const { return process_; }
  /// The folders of its control group.
  std::vector<std::filesystem::path> groups() const;
  bool is_running();
  /// Waits for its end, no longer than this; whether it came.
  bool wait(std::chrono::milliseconds limit);
  /// How it ended, after a subject; empty while it runs.
  std::string described_end() const;
  /// What it has said on its standard output and error, as far as a pipe holds it.
  std::string words() const;

  /// Stops or continues every process. False where the machine has no freezer.
  bool freeze(bool is_frozen);
  /// Asks every process but its first ones to end, and gives them this long; then ends all.
  void end(std::chrono::milliseconds grace) noexcept;

  Usage usage() const;
  /// Bytes of its home that are used.
  std::uint64_t disk_bytes() const;

 private:
  void ask_to_end(std::chrono::milliseconds grace);

  const Isolation& isolation_;
  ContainerPlan plan_;
  std::unique_ptr<ControlGroup> group_;
  Descriptor output_;
  pid_t process_ = 0;
  mutable std::mutex mutex_;
  std::optional<int> status_;
};

}  // namespace osiris::sandbox
