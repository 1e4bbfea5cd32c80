#include "filesystem/part_path.h"

#include <charconv>
#include <csignal>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/text.h"

namespace osiris::filesystem {

namespace {

constexpr std::string_view kEnd = ".part";

std::string beginning_of(const fs::path& path) { return cat(".", path.filename().string(), "."); }

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : "."; }

/// The process whose part that is; nothing where it is none of `path`.
std::optional<pid_t> process_of(const std::string& name, const std::string& beginning) {
  if (!name.starts_with(beginning) || !name.ends_with(kEnd)) return std::nullopt;
  if (name.size() <= beginning.size() + kEnd.size()) return std::nullopt;
  const char* const end = name.data() + name.size() - kEnd.size();
  pid_t process = 0;
  const auto [at, problem] = std::from_chars(name.data() + beginning.size(), end, process);
  if (at != end || problem != std::errc{} || process <= 0) return std::nullopt;
  return process;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

/// The process may be one of another container, where its number says nothing: its lock does.
bool is_locked(const fs::path& part) {
  const int descriptor = ::open(part.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return true;
  const bool is_free = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  ::close(descriptor);
  return !is_free;
}

}  // namespace

fs::path part_of(const fs::path& path) {
  return path.parent_path() / cat(beginning_of(path), ::getpid(), kEnd);
}

void remove_dead_parts(const fs::path& path) noexcept {
  const std::string beginning = beginning_of(path);
  std::error_code problem;
  for (auto entry = fs::directory_iterator(folder_of(path), problem);
       !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
    const auto process = process_of(entry->path().filename().string(), beginning);
    if (!process || is_alive(*process) || is_locked(entry->path())) continue;
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace osiris::filesystem
