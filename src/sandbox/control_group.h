#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.h"
#include "sandbox/limits.h"

namespace osiris::sandbox {

/// The control groups below which this process may make its own: where each controller is, and of which
/// version.
class ControlGroups {
 public:
  enum class Version { kNone, kOne, kTwo };
  struct Place {
    Version version = Version::kNone;
    std::filesystem::path folder;  ///< of the group that this process is in
  };

  /// Reads what Linux says in /proc/self/cgroup and /proc/self/mountinfo, and tries which groups it may make.
  static ControlGroups found();
  /// The places that the two texts name, whether or not they may be used.
  /// Source: cgroups(7); proc(5), /proc/pid/mountinfo.
  static std::map<std::string, Place> places(std::string_view groups, std::string_view mounts);

  /// Where "memory", "cpu", "cpuacct", "pids" or "freezer" is; kNone where a group cannot use it.
  const Place& place(const std::string& controller) const;
  bool has(const std::string& controller) const { return place(controller).version != Version::kNone; }
  /// "cgroup v1", "cgroup v2"; empty where there is none.
  std::string name(const std::string& controller) const;

 private:
  std::map<std::string, Place> places_;
};

/// The group of one sandbox in every hierarchy that there is. It is empty and gone with the object.
class ControlGroup {
 public:
  /// Errors: kInternal "sandbox.control_group" where the system refuses a group or a limit.
  ControlGroup(const ControlGroups& groups, const std::string& name, const Limits& limits);
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  /// The folders, for whoever cleans up after this process.
  const std::vector<std::filesystem::path>& folders() const { return made_.paths; }
  /// Open files; a process that writes "0" into each is in the group.
  std::vector<Descriptor> doors() const;
  /// Stops every process where it stands, or lets them go on. False where there is no freezer.
  bool freeze(bool is_frozen) const;
  /// What its processes use; nothing where no controller counts it.
  std::optional<Usage> usage() const;
  /// Ends every process in it. Returns at once.
  void kill() const;

  /// Ends what is in such folders and removes them. False where some stay.
  static bool remove(const std::vector<std::filesystem::path>& folders);

 private:
  /// Removed with the object, also where a limit was refused.
  struct Folders {
    std::vector<std::filesystem::path> paths;
    ~Folders() { remove(paths); }
  };

  std::filesystem::path folder(const std::string& controller) const;

  const ControlGroups& groups_;
  std::string name_;
  Folders made_;
};

}  // namespace osiris::sandbox
