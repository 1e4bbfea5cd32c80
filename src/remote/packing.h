#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"
#include "format/compression.h"

namespace osiris::remote {

/// All of the bytes at once, as small as is worth the time: what is sent often.
std::string compressed(std::string_view bytes, Compression compression);
/// Unpacks a file of zstd frames; the target is there whole or not at all.
/// Errors: kUser "file.unreadable" where it is none; those of writing.
void unpack_zstd(const fs::path& packed, const fs::path& target);

/// A file's bytes, read when they are looked at. Requires: nobody shortens the file meanwhile.
class MappedFile {
 public:
  /// Errors: kUser "file.unreadable".
  explicit MappedFile(const fs::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(begin_), size_}; }

 private:
  void* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace osiris::remote
