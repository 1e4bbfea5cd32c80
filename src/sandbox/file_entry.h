#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "base/json.h"

namespace osiris::sandbox {

/// Tells files as filesystem.Filesystem does: EntryInfo. Remembers the names of users and groups, so it is
/// made for one call.
class FileEntries {
 public:
  /// What is at a path. Of a link: its own facts, with its target's type.
  /// Errors: kUser "sandbox.not_found", "sandbox.permission_denied".
  Json entry(const std::string& path);

 private:
  std::string user_name(uid_t user);
  std::string group_name(gid_t group);

  std::map<uid_t, std::string> users_;
  std::map<gid_t, std::string> groups_;
};

/// Throws what errno says of a path. Errors: kUser "sandbox.not_found", "sandbox.permission_denied",
/// "sandbox.invalid_argument"; kData "file.disk_full".
[[noreturn]] void throw_path_error(int problem, const std::string& path);

}  // namespace osiris::sandbox
