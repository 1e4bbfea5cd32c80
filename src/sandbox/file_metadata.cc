#include "sandbox/file_metadata.h"

#include <array>
#include <string_view>
#include <vector>

#include <sys/xattr.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris::sandbox {

namespace {

constexpr std::string_view kAttributePrefix = "user.e2b.", kHeaderPrefix = "x-metadata-";
/// Source: E2B's envd; a file system keeps little more in one block.
constexpr std::size_t kMostMetadataBytes = 4096;

/// The names of ours in what listxattr() gave: one after the other, each ended by a zero byte.
std::vector<std::string> own_names(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string& name : split(list, '\0')) {
    if (name.starts_with(kAttributePrefix)) names.push_back(name);
  }
  return names;
}

}  // namespace

FileMetadata metadata_of(const HttpHead& head) {
  FileMetadata metadata;
  std::size_t size = 0;
  for (const auto& [name, value] : head.headers) {
    if (!name.starts_with(kHeaderPrefix)) continue;
    size += name.size() - kHeaderPrefix.size() + value.size();
    metadata[name.substr(kHeaderPrefix.size())] = value;
  }
  if (size > kMostMetadataBytes)
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("the metadata of a file has at most ", kMostMetadataBytes, " bytes, not ", size));
  return metadata;
}

bool store_metadata(int file, const FileMetadata& metadata) {
  std::array<char, 64 << 10> list;  // NOLINT: filled by flistxattr()
  const ssize_t size = ::flistxattr(file, list.data(), list.size());
  if (size < 0) return false;
  for (const std::string& name : own_names({list.data(), static_cast<std::size_t>(size)}))
    ::fremovexattr(file, name.c_str());
  for (const auto& [key, value] : metadata) {
    if (::fsetxattr(file, cat(kAttributePrefix, key).c_str(), value.data(), value.size(), 0) != 0)
      return false;
  }
  return true;
}

FileMetadata stored_metadata(const std::string& path) {
  FileMetadata metadata;
  std::array<char, 4096> list;  // NOLINT: filled by listxattr()
  const ssize_t size = ::listxattr(path.c_str(), list.data(), list.size());
  if (size <= 0) return metadata;
  for (const std::string& name : own_names({list.data(), static_cast<std::size_t>(size)})) {
    std::array<char, kMostMetadataBytes> value;  // NOLINT: filled by getxattr()
    const ssize_t count = ::getxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (count >= 0)
      metadata[name.substr(kAttributePrefix.size())] =
          std::string(value.data(), static_cast<std::size_t>(count));
  }
  return metadata;
}

}  // namespace osiris::sandbox
