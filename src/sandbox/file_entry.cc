#include "sandbox/file_entry.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/file_metadata.h"

namespace osiris::sandbox {

namespace {

/// "-rw-r--r--", "drwxr-xr-x".
std::string permissions_text(mode_t mode) {
  std::string text = "-";
  if (S_ISDIR(mode)) text = "d";
  if (S_ISLNK(mode)) text = "L";
  if (S_ISFIFO(mode)) text = "p";
  if (S_ISSOCK(mode)) text = "S";
  if (S_ISBLK(mode)) text = "D";
  if (S_ISCHR(mode)) text = "Dc";
  constexpr std::string_view kLetters = "rwxrwxrwx";
  for (std::size_t bit = 0; bit < kLetters.size(); ++bit)
    text += (mode >> (kLetters.size() - 1 - bit) & 1U) != 0 ? kLetters[bit] : '-';
  return text;
}

/// "2026-01-31T23:59:59.123456789Z".
std::string timestamp(const timespec& time) {
  std::tm parts{};
  ::gmtime_r(&time.tv_sec, &parts);
  std::array<char, 64> seconds{};
  std::array<char, 128> text{};
  std::strftime(seconds.data(), seconds.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data(), text.size(), "%s.%09ldZ", seconds.data(), time.tv_nsec);
  return text.data();
}

const char* type_word(mode_t mode) {
  if (S_ISREG(mode)) return "FILE_TYPE_FILE";
  return S_ISDIR(mode) ? "FILE_TYPE_DIRECTORY" : "FILE_TYPE_UNSPECIFIED";
}

/// Where a link leads to in the end, or, where there is nothing, what it says.
std::string link_target(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> whole(::realpath(path.c_str(), nullptr), std::free);
  if (whole) return whole.get();
  std::error_code problem;
  return fs::read_symlink(path, problem).string();
}

}  // namespace

void throw_path_error(int problem, const std::string& path) {
  switch (problem) {
    case ENOENT:
      throw Error(ErrorKind::kUser, "sandbox.not_found", cat("path '", path, "' does not exist"));
    case ENOTDIR:
      throw Error(ErrorKind::kUser, "sandbox.not_found", cat("a folder of path '", path, "' is none"));
    case ENOSPC:
    case EDQUOT:
      throw Error(ErrorKind::kData, "file.disk_full", "not enough disk space available");
    case EACCES:
    case EPERM:
    case EROFS:
      throw Error(ErrorKind::kUser, "sandbox.permission_denied",
                  cat("path '", path, "': ", std::strerror(problem)));
    default:
      throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                  cat("path '", path, "': ", std::strerror(problem)));
  }
}

std::string FileEntries::user_name(uid_t user) {
  const auto [place, is_new] = users_.try_emplace(user, std::to_string(user));
  if (!is_new) return place->second;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    place->second = found->pw_name;
  return place->second;
}

std::string FileEntries::group_name(gid_t group_id) {
  const auto [place, is_new] = groups_.try_emplace(group_id, std::to_string(group_id));
  if (!is_new) return place->second;
  ::group entry{};
  ::group* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getgrgid_r(group_id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    place->second = found->gr_name;
  return place->second;
}

Json FileEntries::entry(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) throw_path_error(errno, path);
  struct stat target = facts;
  const bool is_link = S_ISLNK(facts.st_mode);
  if (is_link) ::stat(path.c_str(), &target);
  constexpr mode_t kPermissionBits = 0777;
  const std::string name = fs::path(path).filename().string();
  Json entry{{"name", name.empty() ? path : name},
             {"type", type_word(target.st_mode)},
             {"path", path},
             {"size", std::to_string(facts.st_size)},
             {"mode", facts.st_mode & kPermissionBits},
             {"permissions", permissions_text(facts.st_mode)},
             {"owner", user_name(facts.st_uid)},
             {"group", group_name(facts.st_gid)},
             {"modifiedTime", timestamp(facts.st_mtim)}};
  if (is_link) entry["symlinkTarget"] = link_target(path);
  if (const FileMetadata metadata = stored_metadata(path); !metadata.empty()) entry["metadata"] = metadata;
  return entry;
}

}  // namespace osiris::sandbox
