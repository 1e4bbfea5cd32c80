#pragma once

#include <filesystem>
#include <string>

#include "base/descriptor.h"
#include "base/file_system.h"

namespace osiris::filesystem {

/// A folder of partitions under construction: its files count after commit() only, and all together.
///
/// It takes the place of the folder of an earlier run in one step; a crash before leaves the old one.
class FolderTarget {
 public:
  /// `column` names the first partition column: a folder that holds anything but its values is left alone.
  /// Errors: kUser "file.not_partitions", "file.busy", "file.unwritable".
  FolderTarget(std::filesystem::path path, const std::string& column);
  FolderTarget(const FolderTarget&) = delete;
  FolderTarget& operator=(const FolderTarget&) = delete;

  /// Where the files are made.
  const std::filesystem::path& part() const { return part_; }
  /// Errors: kUser "file.unwritable".
  void commit();
  /// Does nothing after commit().
  void abort() noexcept;

 private:
  std::filesystem::path path_, part_;
  Descriptor lock_;
};

/// The name of a value's folder, "country=CZ": what a path cannot hold, and a percent sign, are written as
/// %2F; no value is __HIVE_DEFAULT_PARTITION__, as other programs have it.
std::string partition_name(const std::string& column, const std::string* value);

}  // namespace osiris::filesystem
