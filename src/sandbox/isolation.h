#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "sandbox/control_group.h"
#include "sandbox/launcher.h"

namespace osiris::sandbox {

/// What keeps sandboxes apart on this machine, and what holds their limits.
class Isolation {
 public:
  /// Tries a container of the kind that sandboxes get.
  /// Errors: kUser "sandbox.no_isolation", with what the system said.
  static Isolation by_containers(Launcher& launcher, const std::string& search_path);
  /// Plain processes, each with a folder of its own.
  static Isolation by_folders();

  bool is_container() const { return !bubblewrap_.empty(); }
  const std::filesystem::path& bubblewrap() const { return bubblewrap_; }
  const ControlGroups& groups() const { return groups_; }
  /// The user that a sandbox's processes are outside of it; nothing where they are this process's own.
  std::optional<uid_t> user(std::size_t slot) const;
  /// What holds what, as JSON of one level and as lines for people.
  Json facts() const;
  std::string text() const;

 private:
  std::filesystem::path bubblewrap_;
  ControlGroups groups_;
  std::optional<uid_t> first_user_;
};

}  // namespace osiris::sandbox
