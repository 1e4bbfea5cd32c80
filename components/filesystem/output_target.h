#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace osiris::filesystem {

/// A file under construction: what is written counts after commit() only.
class OutputTarget {
 public:
  virtual ~OutputTarget() = default;
  /// Errors: kData "file.disk_full"; kUser "file.unwritable".
  virtual void write(std::string_view bytes) = 0;
  virtual void commit() = 0;
  /// Leaves the file as it was before. Does nothing after commit().
  virtual void abort() noexcept = 0;
};

/// A target whose bytes are in a file of their own until commit().
class ReplacedFile : public OutputTarget {
 public:
  /// Where the bytes are; who writes there by other means than write() must be done before commit().
  virtual const std::filesystem::path& part() const = 0;
};

/// A whole new file in the place of `path`, by a temporary one beside it: a crash leaves the old file.
/// Errors: kUser "file.is_directory", "file.not_regular", "file.busy", "file.unwritable".
std::unique_ptr<ReplacedFile> replace_file(const std::filesystem::path& path);

/// More bytes at the end of `path`, which may be missing. abort() cuts the file to its old length; a crash
/// leaves what had been written so far.
/// Errors: as replace_file().
std::unique_ptr<OutputTarget> append_to_file(const std::filesystem::path& path);

/// The standard output, which nobody can take anything back from. Errors: as OutputTarget::write().
std::unique_ptr<OutputTarget> standard_output();

}  // namespace osiris::filesystem
