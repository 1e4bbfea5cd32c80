#include "filesystem/output_target.h"

#include <cerrno>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

std::optional<struct stat> facts_of(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return facts;
}

/// A device or a pipe must not be replaced by a file.
void check_is_file(const fs::path& path, const std::optional<struct stat>& facts) {
  if (!facts || S_ISREG(facts->st_mode)) return;
  if (S_ISDIR(facts->st_mode)) {
    throw Error(ErrorKind::kUser, "file.is_directory",
                cat("the output path is a directory: '", path.string(), "'"), "name a file inside it");
  }
  throw Error(ErrorKind::kUser, "file.not_regular",
              cat("the output path is not a regular file: '", path.string(), "'"));
}

/// Two writers of one file would mix their rows. The lock goes with the descriptor.
void lock(const OutputFile& file, const fs::path& path) {
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  throw Error(ErrorKind::kUser, "file.busy",
              cat("another step or run is writing the file: '", path.string(), "'"),
              "give each step a path of its own, or wait for the other run");
}

void set_length(const OutputFile& file, std::uint64_t length) noexcept {
  // A file that cannot be shortened stays longer; there is nobody to tell while a run is undone.
  [[maybe_unused]] const int result = ::ftruncate(file.descriptor(), static_cast<off_t>(length));
}

/// A link goes on pointing where it points; the file behind it is the one that is replaced.
fs::path behind_links(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_symlink(path, problem)) return path;
  const fs::path target = fs::weakly_canonical(path, problem);
  return problem ? path : target;
}

class ReplacedFile : public OutputTarget {
 public:
  explicit ReplacedFile(const fs::path& path)
      : path_(behind_links(path)),
        part_(path_.parent_path() / cat(".", path_.filename().string(), ".", ::getpid(), ".part")) {
    const auto old = facts_of(path_);
    check_is_file(path_, old);
    file_ = OutputFile(part_, O_CREAT | O_WRONLY);
    lock(file_, path_);
    set_length(file_, 0);
    constexpr mode_t kPermissions = 07777;
    if (old) ::fchmod(file_.descriptor(), old->st_mode & kPermissions);
  }

  void write(std::string_view bytes) override { file_.write(bytes); }

  void commit() override {
    file_.sync();
    if (::rename(part_.c_str(), path_.c_str()) != 0) {
      throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write '", path_.string(), "'"));
    }
    file_.close();
  }

  void abort() noexcept override {
    if (!file_.is_open()) return;
    ::unlink(part_.c_str());
    file_ = OutputFile();
  }

 private:
  fs::path path_, part_;
  OutputFile file_;
};

class AppendedFile : public OutputTarget {
 public:
  explicit AppendedFile(const fs::path& path) : path_(path) {
    const auto old = facts_of(path);
    check_is_file(path, old);
    is_new_ = !old;
    file_ = OutputFile(path, O_CREAT | O_WRONLY | O_APPEND);
    lock(file_, path);
    const auto locked = facts_of(path);
    old_length_ = locked ? static_cast<std::uint64_t>(locked->st_size) : 0;
  }

  void write(std::string_view bytes) override { file_.write(bytes); }

  void commit() override {
    file_.sync();
    file_.close();
  }

  void abort() noexcept override {
    if (!file_.is_open()) return;
    set_length(file_, old_length_);
    if (is_new_) ::unlink(path_.c_str());
    file_ = OutputFile();
  }

 private:
  fs::path path_;
  OutputFile file_;
  std::uint64_t old_length_ = 0;
  bool is_new_ = false;
};

}  // namespace

std::unique_ptr<OutputTarget> replace_file(const fs::path& path) {
  return std::make_unique<ReplacedFile>(path);
}

std::unique_ptr<OutputTarget> append_to_file(const fs::path& path) {
  return std::make_unique<AppendedFile>(path);
}

}  // namespace osiris::filesystem
