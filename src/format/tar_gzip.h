#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace osiris {

/// Writes a .tar.gz: the same entries give the same bytes. The archive appears under its name when it is
/// finished, whole, or not at all.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; RFC 1952.
class TarGzip {
 public:
  /// `modified_at_s`: what every entry says of its time, in seconds since 1970.
  /// Errors: kUser "file.unwritable", "file.is_directory".
  TarGzip(const fs::path& path, std::int64_t modified_at_s);
  ~TarGzip();
  TarGzip(const TarGzip&) = delete;
  TarGzip& operator=(const TarGzip&) = delete;

  /// Errors: kData "file.disk_full"; kUser "file.unwritable".
  void add(const std::string& name, std::string_view content);
  /// Adds as much of a file as it has when it is opened, piece by piece.
  /// Errors: also kUser "file.unreadable", where it is no regular file or got shorter meanwhile.
  void add_file(const std::string& name, const fs::path& file);
  /// Ends the archive and gives it its name.
  void finish();

 private:
  class Stream;

  void begin_entry(const std::string& name, std::uint64_t size_bytes);
  void put_header(const std::string& name, std::uint64_t size_bytes, char type);
  void pad(std::uint64_t size_bytes);

  fs::path path_;
  std::int64_t modified_at_s_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace osiris
