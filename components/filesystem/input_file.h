#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"

namespace osiris::filesystem {

/// A file that a step reads.
struct InputPath {
  std::filesystem::path path;  ///< absolute
  std::string shown;           ///< as the config would name it
};

/// The file of that name, or else the files that match it as a pattern, sorted by the bytes of their names.
/// Errors: kUser "file.not_found".
std::vector<InputPath> find_input_files(const std::string& path, Context& context);

/// Bytes of all the files; nothing where one of them, such as a pipe, does not tell.
std::optional<std::uint64_t> size_of(const std::vector<InputPath>& files);

/// An open file that is read in order.
class InputFile {
 public:
  /// Errors: kUser "file.not_found", "file.is_directory", "file.unreadable".
  explicit InputFile(InputPath path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::string& shown() const { return path_.shown; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// Reads at most `size` bytes; 0 is the end of the file. Errors: kUser "file.unreadable".
  std::size_t read(char* buffer, std::size_t size);

 private:
  [[noreturn]] void throw_unreadable() const;

  InputPath path_;
  int descriptor_ = -1;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace osiris::filesystem
