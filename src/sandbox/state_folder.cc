#include "sandbox/state_folder.h"

#include <csignal>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/container.h"
#include "sandbox/process_tree.h"
#include "sandbox/random_text.h"

namespace osiris::sandbox {

namespace {

constexpr const char* kLockEnding = ".lock";

/// Takes the lock that a server holds as long as it lives; nothing where another one has it.
Descriptor try_lock(const fs::path& path) {
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.is_open() && ::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) lock.close();
  return lock;
}

void check_owner(const fs::path& folder) {
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == ::geteuid() &&
      (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return;
  throw Error(ErrorKind::kUser, "sandbox.unsafe_folder",
              cat("the folder is not ours alone: '", folder.string(), "'"),
              "remove it, or name another one with --state");
}

/// Ends and removes what a note of remember() names. A process that began at another time is not the one.
void clean_sandbox(const fs::path& note) {
  for (const pid_t process : processes_with(cat(kSandboxIdVariable, "=", note.stem().string())))
    ::kill(process, SIGKILL);

  const Json facts = Json::parse(read_file(note), nullptr, false);
  if (!facts.is_object()) return;
  const auto process = static_cast<pid_t>(facts.value("process", 0));
  if (process > 1 && start_of(process) == facts.value("started", std::uint64_t{0})) ::kill(process, SIGKILL);
  std::vector<fs::path> groups;
  for (const Json& group : facts.value("groups", Json::array()))
    groups.emplace_back(group.get<std::string>());
  ControlGroup::remove(groups);
}

}  // namespace

StateFolder::StateFolder(const fs::path& root) {
  make_folders(root.parent_path());
  ::mkdir(root.c_str(), S_IRWXU);
  check_owner(root);
  clean(root);
  do {
    path_ = root / random_text(8);
    lock_path_ = cat(path_.string(), kLockEnding);
    lock_ = try_lock(lock_path_);
  } while (!lock_.is_open() && errno == EWOULDBLOCK);
  if (!lock_.is_open() || ::mkdir(path_.c_str(), S_IRWXU) != 0)
    throw_errno(ErrorKind::kUser, "file.unwritable",
                cat("the folder cannot be made: '", path_.string(), "'"));
  folder_ = Descriptor(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

StateFolder::~StateFolder() {
  std::error_code none;
  fs::remove_all(path_, none);
  fs::remove(lock_path_, none);
}

void StateFolder::clean(const fs::path& root) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    if (entry.path().extension() != kLockEnding) continue;
    const Descriptor lock = try_lock(entry.path());
    if (!lock.is_open()) continue;
    const fs::path left = fs::path(entry.path()).replace_extension();
    for (const auto& note : fs::directory_iterator(left, none)) {
      if (note.path().extension() != ".json") continue;
      clean_sandbox(note.path());
      ++cleaned_count_;
    }
    fs::remove_all(left, none);
    fs::remove(entry.path(), none);
  }
}

fs::path StateFolder::socket(const std::string& id) const {
  return cat("/proc/self/fd/", folder_.descriptor(), "/", id);
}

void StateFolder::remember(const std::string& id, pid_t process, const std::vector<fs::path>& groups) const {
  Json facts{{"process", process}, {"started", start_of(process)}, {"groups", Json::array()}};
  for (const fs::path& group : groups) facts["groups"].push_back(group.string());
  write_file_atomically(path_ / cat(id, ".json"), facts.dump());
}

void StateFolder::forget(const std::string& id) const {
  std::error_code none;
  fs::remove(path_ / cat(id, ".json"), none);
  fs::remove(path_ / id, none);
  fs::remove_all(path_ / cat(id, ".home"), none);
}

}  // namespace osiris::sandbox
