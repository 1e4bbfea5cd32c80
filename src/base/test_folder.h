#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace osiris {

/// A folder for one test, gone with it.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (fs::temp_directory_path() / "osiris-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { fs::remove_all(path_); }

  const fs::path& path() const { return path_; }
  /// Writes a file below the folder, its parents made.
  fs::path write(const std::string& name, std::string_view content) const {
    const fs::path file = path_ / name;
    make_folders(file.parent_path());
    write_file_atomically(file, content);
    return file;
  }

 private:
  fs::path path_;
};

}  // namespace osiris
