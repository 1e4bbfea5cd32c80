#include "filesystem/output_target.h"

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "filesystem/part_path.h"

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

class RenamedFile : public ReplacedFile {
 public:
  explicit RenamedFile(const fs::path& path) : path_(behind_links(path)), part_(part_of(path_)) {
    const auto old = facts_of(path_);
    check_is_file(path_, old);
    remove_dead_parts(path_);
    file_ = OutputFile(part_, O_CREAT | O_WRONLY);
    lock(file_, path_);
    set_length(file_, 0);
    constexpr mode_t kPermissions = 07777;
    if (old) ::fchmod(file_.descriptor(), old->st_mode & kPermissions);
  }

  const fs::path& part() const override { return part_; }
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

/// A reader that has gone is an error like a full disk: the rows did not arrive.
class StandardOutput : public OutputTarget {
 public:
  StandardOutput() { ::signal(SIGPIPE, SIG_IGN); }
  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno(ErrorKind::kUser, "file.unwritable", "cannot write to the standard output");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void commit() override {}
  void abort() noexcept override {}
};

}  // namespace

std::unique_ptr<OutputTarget> standard_output() { return std::make_unique<StandardOutput>(); }

std::unique_ptr<ReplacedFile> replace_file(const fs::path& path) {
  return std::make_unique<RenamedFile>(path);
}

std::unique_ptr<OutputTarget> append_to_file(const fs::path& path) {
  return std::make_unique<AppendedFile>(path);
}

}  // namespace osiris::filesystem
