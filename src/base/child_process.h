#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"

namespace osiris {

/// A program of its own process group, with pipes to it: it ends with the object, and its children with it.
///
/// Descriptor 0 of the child is /dev/null, 1 and 2 are one pipe, read here as `output()`; 3 is what we write
/// to `to_child()`, 4 what we read from `from_child()`; 5 is open for as long as this process lives. Our ends
/// do not block.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;      ///< looked for in PATH
    std::vector<std::string> environment;  ///< NAME=value, all of it
    std::filesystem::path folder;
  };

  /// Errors: kUser "process.not_found" where there is no such program; kInternal "system.process".
  explicit ChildProcess(const Options& options);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  Descriptor& to_child() { return to_child_; }
  Descriptor& from_child() { return from_child_; }
  Descriptor& output() { return output_; }

  /// How it ended, as waitpid() says it; nothing while it runs. Waits no longer than that.
  std::optional<int> wait(std::chrono::milliseconds limit);
  /// Ends it and every process of its group.
  void kill() noexcept;
  /// What the process has in memory now, in bytes; 0 where that cannot be told.
  std::uint64_t resident_bytes() const;

 private:
  pid_t process_ = 0;
  std::optional<int> status_;
  Descriptor to_child_, from_child_, output_, life_line_;
};

/// "ended with code 3", "was ended by signal 11 (Segmentation fault)".
std::string described_end(int wait_status);

}  // namespace osiris
