#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "component/component.h"
#include "format/byte_source.h"
#include "format/compression.h"

namespace osiris::filesystem {

/// What a config names the standard streams.
constexpr std::string_view kStandardStream = "-";

/// A file that a step reads.
struct InputPath {
  std::filesystem::path path;  ///< absolute
  std::string shown;           ///< as the config would name it; "-" is the standard input

  bool is_standard_input() const { return shown == kStandardStream; }
};

/// The file of that name, or else the files that match it as a pattern, sorted by the bytes of their names;
/// "-" is the standard input. Errors: kUser "file.not_found".
std::vector<InputPath> find_input_files(const std::string& path, Context& context);

/// Bytes of all the files; nothing where one of them, such as a pipe, does not tell.
std::optional<std::uint64_t> size_of(const std::vector<InputPath>& files);

/// An open file that is read in order.
class InputFile : public ByteSource {
 public:
  /// Errors: kUser "file.not_found", "file.is_directory", "file.unreadable".
  explicit InputFile(InputPath path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile() override;

  const std::string& shown() const { return path_.shown; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// Errors: kUser "file.unreadable".
  std::size_t read(char* buffer, std::size_t size) override;

 private:
  [[noreturn]] void throw_unreadable() const;

  InputPath path_;
  int descriptor_ = -1;
  std::uint64_t size_bytes_ = 0;
};

/// Makes the error "file.damaged" of a compressed file.
DamageError damage_of(const InputPath& path);

/// "file in/a.csv (1.2 MiB)" for each file, for a preview; many are counted.
std::vector<std::string> shown_inputs(const std::vector<InputPath>& paths);

}  // namespace osiris::filesystem
