#include "base/file_system.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

[[noreturn]] void throw_write_error(const fs::path& path, const char* verb) {
  const int code = errno;
  if (code == ENOSPC || code == EDQUOT) {
    throw Error(ErrorKind::kData, "file.disk_full", cat("no space left to ", verb, " '", path.string(), "'"),
                "free some space and run again; nothing was left half-written");
  }
  if (code == EISDIR) {
    throw Error(ErrorKind::kUser, "file.is_directory",
                cat("the output path is a directory: '", path.string(), "'"), "name a file inside it");
  }
  throw Error(ErrorKind::kUser, "file.unwritable",
              cat("cannot ", verb, " '", path.string(), "': ", std::strerror(code)));
}

}  // namespace

std::optional<std::string> read_file_if_exists(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", path.string(), "'"));
  }
  struct stat facts {};
  ::fstat(file, &facts);
  if (S_ISDIR(facts.st_mode)) {
    ::close(file);
    throw Error(ErrorKind::kUser, "file.is_directory",
                cat("not a file but a directory: '", path.string(), "'"));
  }
  std::string content;
  content.reserve(static_cast<std::size_t>(facts.st_size) + 1);
  std::string buffer(1 << 16, '\0');
  for (;;) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int code = errno;
      ::close(file);
      errno = code;
      throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", path.string(), "'"));
    }
    if (count == 0) break;
    content.append(buffer, 0, static_cast<std::size_t>(count));
  }
  ::close(file);
  return content;
}

std::string read_file(const fs::path& path) {
  if (auto content = read_file_if_exists(path)) return std::move(*content);
  throw Error(ErrorKind::kUser, "file.not_found", cat("no such file: '", path.string(), "'"));
}

void make_folders(const fs::path& path) {
  if (path.empty()) return;
  std::error_code problem;
  fs::create_directories(path, problem);
  if (!problem) return;
  errno = problem.value();
  throw_write_error(path, "make folder");
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  const fs::path part = path.string() + ".part" + std::to_string(::getpid());
  try {
    OutputFile file(part, O_CREAT | O_TRUNC | O_WRONLY);
    file.write(content);
    file.sync();
    file.close();
    if (::rename(part.c_str(), path.c_str()) != 0) throw_write_error(path, "write");
  } catch (const Error&) {
    ::unlink(part.c_str());
    throw;
  }
}

fs::path user_cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const fs::path base = cache != nullptr && *cache != 0
                            ? fs::path(cache)
                            : fs::path(home == nullptr ? "/tmp" : home) / ".cache";
  return base / "osiris";
}

OutputFile::OutputFile(const fs::path& path, int flags) : path_(path) {
  constexpr mode_t kPermissions = 0666;
  descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, kPermissions);
  if (descriptor_ < 0) throw_write_error(path, "write");
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ >= 0) ::close(descriptor_);
  path_ = std::move(other.path_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::reserve(std::uint64_t bytes) {
  const int done = ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes));
  if (done != 0 && errno == ENOSPC) throw_write_error(path_, "write");
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_write_error(path_, "write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void OutputFile::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) throw_write_error(path_, "write");
}

void OutputFile::close() {
  if (descriptor_ < 0) return;
  if (::close(std::exchange(descriptor_, -1)) != 0) throw_write_error(path_, "write");
}

}  // namespace osiris
