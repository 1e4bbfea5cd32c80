#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace osiris::sandbox {

/// What happened to a path.
struct FolderEvent {
  std::string name;  ///< relative to the watched folder; "." is itself
  const char* type;  ///< EVENT_TYPE_CREATE, _WRITE, _REMOVE, _RENAME, _CHMOD
};

/// Watches a folder, or a folder and all that are in it or come into it. Used by one thread.
class FolderWatch {
 public:
  /// Errors: kUser "sandbox.not_found", "sandbox.permission_denied"; "sandbox.resource_exhausted" where the
  ///         system watches too much already.
  FolderWatch(std::string folder, bool is_recursive);

  /// poll() finds it readable when there are events.
  int descriptor() const { return inotify_.descriptor(); }
  const std::string& folder() const { return folder_; }
  /// What has happened since the last call; does not wait.
  /// Errors: kUser "sandbox.resource_exhausted" where events were lost.
  std::vector<FolderEvent> take();

 private:
  void add(const std::string& name);
  void add_below(const std::string& name, std::vector<FolderEvent>* created);
  void forget_below(const std::string& name);
  std::string path_of(const std::string& name) const;

  std::string folder_;
  bool is_recursive_;
  Descriptor inotify_;
  std::map<int, std::string> names_;  ///< of the watched folders, by watch descriptor; the first is ""
  std::set<std::string> told_;        ///< what was found in a new folder, whose own event may still come
};

}  // namespace osiris::sandbox
