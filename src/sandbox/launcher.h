#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace osiris::sandbox {

/// A program to start, and what happens to its process before it begins.
struct LaunchPlan {
  /// A file or folder that the program finds under /tmp by its number in the list, in a view of the mounts
  /// that only it has: its user may not reach the path itself.
  using Staged = std::filesystem::path;

  std::vector<std::string> command;      ///< the first word is a path
  std::vector<std::string> environment;  ///< NAME=value, all of it
  std::filesystem::path folder = "/";
  std::vector<int> descriptors;                       ///< become 3, 4, 5 …
  int input = -1;                                     ///< becomes 0
  int output = -1;                                    ///< becomes 1 and 2
  std::vector<int> doors;                             ///< of control groups that it enters
  std::vector<std::pair<int, std::uint64_t>> limits;  ///< of setrlimit(), for it and all below it
  std::vector<int> processors;                        ///< that it may run on; none: any
  std::optional<uid_t> user;   ///< gives up everything of root's for this user and its group
  std::vector<Staged> staged;  ///< with `user` only
};

/// Starts programs from one thread that lives as long as the object: a process that asked to die with its
/// parent dies with the thread that made it.
class Launcher {
 public:
  Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  ~Launcher();

  /// The program's process, the leader of a group of its own; it has begun.
  /// Errors: kInternal "sandbox.launch".
  pid_t launch(const LaunchPlan& plan);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> jobs_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace osiris::sandbox
