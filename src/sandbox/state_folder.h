#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"

namespace osiris::sandbox {

/// The folder of a running server: sockets, templates, and for each sandbox what would have to be cleaned up
/// after it. It is gone with the object; what a killed server left is cleaned up by the next one.
class StateFolder {
 public:
  /// Makes `root`, cleans up below it, and makes a folder there.
  /// Errors: kUser "file.unwritable"; "sandbox.unsafe_folder" where others may change it.
  explicit StateFolder(const std::filesystem::path& root);
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  ~StateFolder();

  const std::filesystem::path& path() const { return path_; }
  /// A name for a socket of the sandbox that is short, however long the folder's path is; in this process
  /// only.
  std::filesystem::path socket(const std::string& id) const;
  /// How many sandboxes of killed servers were found and removed.
  std::size_t cleaned_count() const { return cleaned_count_; }

  /// Remembers what is to be ended and removed with a sandbox.
  void remember(const std::string& id, pid_t process, const std::vector<std::filesystem::path>& groups) const;
  void forget(const std::string& id) const;

 private:
  void clean(const std::filesystem::path& root);

  std::filesystem::path path_, lock_path_;
  Descriptor lock_, folder_;
  std::size_t cleaned_count_ = 0;
};

}  // namespace osiris::sandbox
