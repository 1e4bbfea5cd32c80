#include "filesystem/folder_target.h"

#include <cerrno>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "filesystem/part_path.h"

namespace osiris::filesystem {

namespace {

[[noreturn]] void throw_unwritable(const fs::path& path) {
  throw_errno(ErrorKind::kUser, "file.unwritable", cat("cannot write the folder '", path.string(), "'"));
}

/// What is not ours to replace.
void check_holds_partitions(const fs::path& path, const std::string& column) {
  std::error_code problem;
  if (!fs::exists(fs::symlink_status(path, problem))) return;
  const std::string nothing;
  const std::string beginning = partition_name(column, &nothing);
  bool is_ours = fs::is_directory(path, problem);
  if (is_ours) {
    for (const auto& entry : fs::directory_iterator(path, problem)) {
      is_ours = is_ours && entry.is_directory() && entry.path().filename().string().starts_with(beginning);
    }
  }
  if (is_ours && !problem) return;
  throw Error(
      ErrorKind::kUser, "file.not_partitions",
      cat("the output path holds something else than partitions by ", column, ": '", path.string(), "'"),
      "name a new folder, or remove that one");
}

int exchange(const fs::path& a, const fs::path& b) {
  return static_cast<int>(
      ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE));
}

}  // namespace

FolderTarget::FolderTarget(fs::path path, const std::string& column)
    : path_(std::move(path)), part_(part_of(path_)) {
  check_holds_partitions(path_, column);
  remove_dead_parts(path_);
  constexpr mode_t kPermissions = 0777;
  if (::mkdir(part_.c_str(), kPermissions) != 0 && errno != EEXIST) throw_unwritable(part_);
  lock_ = Descriptor(::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock_.is_open()) throw_unwritable(part_);
  if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorKind::kUser, "file.busy",
                cat("another step is writing the folder: '", path_.string(), "'"),
                "give each step a path of its own");
  }
  // Files of a process that died and had our number.
  for (const auto& entry : fs::directory_iterator(part_)) fs::remove_all(entry.path());
}

void FolderTarget::commit() {
  // One call for thousands of files.
  if (::syncfs(lock_.descriptor()) != 0) throw_unwritable(part_);
  const bool is_new = !fs::exists(path_);
  if (is_new) {
    if (::rename(part_.c_str(), path_.c_str()) != 0) throw_unwritable(path_);
  } else if (exchange(part_, path_) != 0) {
    throw_unwritable(path_);
  }
  std::error_code ignored;
  if (!is_new) fs::remove_all(part_, ignored);
  lock_.close();
}

void FolderTarget::abort() noexcept {
  if (!lock_.is_open()) return;
  std::error_code ignored;
  fs::remove_all(part_, ignored);
  lock_.close();
}

std::string partition_name(const std::string& column, const std::string* value) {
  constexpr std::string_view kEscaped = "\"#%'*/:=?\\{[]^\x7F";
  const auto escaped = [&](const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x20 && kEscaped.find(c) == std::string_view::npos) {
        out += c;
      } else {
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
      }
    }
    return out;
  };
  std::string name =
      escaped(column) + "=" + (value == nullptr ? "__HIVE_DEFAULT_PARTITION__" : escaped(*value));
  if (name.size() <= NAME_MAX) return name;
  constexpr std::size_t kMostShown = 80;
  throw Error(ErrorKind::kData, "file.name_too_long",
              cat("a value of '", column, "' is too long for the name of a folder: '",
                  name.substr(0, kMostShown), "…'"),
              "partition by a column of short values");
}

}  // namespace osiris::filesystem
