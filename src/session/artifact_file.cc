#include "session/artifact_file.h"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris {

namespace {

/// Gives `file` the next free name of "output"; `file` may be a symbolic link, its target gets the name.
/// Nothing where the file system refuses: another device, no hard links, another user's file.
std::optional<fs::path> link_as_output(const fs::path& file, const fs::path& folder,
                                       const std::string& extension) {
  for (int number = 1;; ++number) {
    const std::string suffix = number == 1 ? "" : cat('_', number);
    const fs::path name = folder / cat("output", suffix, extension);
    if (::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) return name;
    if (errno != EEXIST) return std::nullopt;
  }
}

Descriptor open_to_read(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open())
    throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", path.string(), "'"));
  return file;
}

void copy_bytes(const Descriptor& from, OutputFile& to, const fs::path& source) {
  if (::ioctl(to.descriptor(), FICLONE, from.descriptor()) == 0) return;
  constexpr std::size_t kBufferBytes = 1 << 18;
  std::string buffer(kBufferBytes, '\0');
  for (;;) {
    const ssize_t count = ::read(from.descriptor(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw_errno(ErrorKind::kUser, "file.unreadable", cat("cannot read '", source.string(), "'"));
    if (count == 0) return;
    to.write({buffer.data(), static_cast<std::size_t>(count)});
  }
}

/// Removes an unfinished copy, or the first name of a finished one.
struct NameRemover {
  fs::path path;
  explicit NameRemover(fs::path name) : path(std::move(name)) {}
  NameRemover(const NameRemover&) = delete;
  NameRemover& operator=(const NameRemover&) = delete;
  ~NameRemover() { ::unlink(path.c_str()); }
};

}  // namespace

fs::path keep_file(const fs::path& target, const fs::path& folder, Keeping keeping) {
  const std::string extension = target.extension().string();
  if (keeping == Keeping::kLink) {
    if (auto name = link_as_output(target, folder, extension)) return *name;
  }
  const NameRemover part(folder / cat(".output", extension, ".part"));
  const Descriptor from = open_to_read(target);
  OutputFile to(part.path, O_CREAT | O_TRUNC | O_WRONLY);
  copy_bytes(from, to, target);
  to.close();
  if (auto name = link_as_output(part.path, folder, extension)) return *name;
  const fs::path name = folder / cat("output", extension);
  if (::rename(part.path.c_str(), name.c_str()) != 0) {
    throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write '", name.string(), "'"));
  }
  return name;
}

void deliver_file(const fs::path& kept, const fs::path& target, Keeping keeping) {
  make_folders(target.parent_path());
  const NameRemover part(target.string() + cat('.', ::getpid(), ".part"));
  ::unlink(part.path.c_str());
  if (keeping != Keeping::kLink || ::link(kept.c_str(), part.path.c_str()) != 0) {
    const Descriptor from = open_to_read(kept);
    OutputFile to(part.path, O_CREAT | O_TRUNC | O_WRONLY);
    copy_bytes(from, to, kept);
    to.close();
  }
  if (::rename(part.path.c_str(), target.c_str()) != 0)
    throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write '", target.string(), "'"));
}

}  // namespace osiris
