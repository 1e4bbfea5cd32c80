#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace osiris {

namespace fs = std::filesystem;

/// Reads a whole file. Errors: kUser "file.not_found", "file.unreadable", "file.is_directory".
std::string read_file(const fs::path& path);
std::optional<std::string> read_file_if_exists(const fs::path& path);

/// Writes through a temporary name, fsync and rename: the file is there whole or not at all.
/// Errors: kData "file.disk_full"; kUser "file.unwritable".
void write_file_atomically(const fs::path& path, std::string_view content);

/// Makes the folder and its parents. Errors: kUser "file.unwritable".
void make_folders(const fs::path& path);

/// Where the user's programs keep what they can make again: `osiris` below XDG_CACHE_HOME or ~/.cache; in
/// /tmp where there is no home. Source: XDG Base Directory Specification.
fs::path user_cache_folder();

/// An open file descriptor for appending, closed with the object.
class OutputFile {
 public:
  OutputFile() = default;
  /// Opens with O_CLOEXEC and the given extra flags. Errors: kUser "file.unwritable", "file.is_directory".
  OutputFile(const fs::path& path, int flags);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  const fs::path& path() const { return path_; }
  /// Takes room for so many bytes now, where the file system can: one that is full says so before the first
  /// is written. The file's size stays as it is. Errors: kData "file.disk_full".
  void reserve(std::uint64_t bytes);
  /// Writes all bytes. Errors: kData "file.disk_full"; kUser "file.unwritable".
  void write(std::string_view bytes);
  void sync();
  void close();

 private:
  fs::path path_;
  int descriptor_ = -1;
};

}  // namespace osiris
