#include "sandbox/folder_watch.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "sandbox/file_entry.h"

namespace osiris::sandbox {

namespace {

struct EventBit {
  std::uint32_t bit;
  const char* type;
};

/// In the order in which a set of bits is told.
constexpr std::array<EventBit, 8> kEventBits{{{IN_CREATE, "EVENT_TYPE_CREATE"},
                                              {IN_MOVED_TO, "EVENT_TYPE_CREATE"},
                                              {IN_MOVED_FROM, "EVENT_TYPE_RENAME"},
                                              {IN_MOVE_SELF, "EVENT_TYPE_RENAME"},
                                              {IN_ATTRIB, "EVENT_TYPE_CHMOD"},
                                              {IN_MODIFY, "EVENT_TYPE_WRITE"},
                                              {IN_DELETE, "EVENT_TYPE_REMOVE"},
                                              {IN_DELETE_SELF, "EVENT_TYPE_REMOVE"}}};
constexpr std::uint32_t kWatched = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_MOVE_SELF | IN_ATTRIB |
                                   IN_MODIFY | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kOfItself = IN_MOVE_SELF | IN_DELETE_SELF;

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : cat(folder, '/', name);
}

[[noreturn]] void refuse_watch(const char* why) {
  throw Error(ErrorKind::kUser, "sandbox.resource_exhausted", cat("watcher error: ", why));
}

}  // namespace

FolderWatch::FolderWatch(std::string folder, bool is_recursive)
    : folder_(std::move(folder)),
      is_recursive_(is_recursive),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_.is_open()) refuse_watch(std::strerror(errno));
  add("");
  if (names_.empty()) throw_path_error(ENOENT, folder_);
  if (is_recursive_) add_below("", nullptr);
}

std::string FolderWatch::path_of(const std::string& name) const { return joined(folder_, name); }

/// Watches one folder, which may have gone already.
void FolderWatch::add(const std::string& name) {
  const std::string path = name.empty() ? folder_ : path_of(name);
  // A link to a folder is not part of the tree, unless it is its root.
  const std::uint32_t mask = kWatched | (name.empty() ? 0U : std::uint32_t{IN_DONT_FOLLOW});
  const int watch = ::inotify_add_watch(inotify_.descriptor(), path.c_str(), mask);
  if (watch >= 0) {
    names_[watch] = name;
  } else if (errno == ENOSPC || errno == ENOMEM) {
    refuse_watch("too many folders are watched");
  } else if (errno != ENOENT && errno != ENOTDIR && (name.empty() || errno != EACCES)) {
    throw_path_error(errno, path);
  }
}

/// Watches the folders in one, and tells what is in them where that is new.
void FolderWatch::add_below(const std::string& name, std::vector<FolderEvent>* created) {
  std::error_code problem;
  const fs::path root = name.empty() ? fs::path(folder_) : fs::path(path_of(name));
  for (fs::recursive_directory_iterator walk(root, fs::directory_options::skip_permission_denied, problem),
       end;
       !problem && walk != end; walk.increment(problem)) {
    const std::string found = walk->path().lexically_relative(folder_).string();
    std::error_code gone;
    if (fs::is_directory(walk->symlink_status(gone))) add(found);
    if (created == nullptr) continue;
    created->push_back({found, "EVENT_TYPE_CREATE"});
    told_.insert(found);
  }
}

void FolderWatch::forget_below(const std::string& name) {
  for (auto place = names_.begin(); place != names_.end();) {
    if (place->second == name || place->second.starts_with(name + "/")) {
      ::inotify_rm_watch(inotify_.descriptor(), place->first);
      place = names_.erase(place);
    } else {
      ++place;
    }
  }
}

std::vector<FolderEvent> FolderWatch::take() {
  std::vector<FolderEvent> events;
  alignas(inotify_event) std::array<char, 16 << 10> buffer;  // NOLINT: filled by read()
  for (;;) {
    const ssize_t size = ::read(inotify_.descriptor(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) refuse_watch("more happened than could be told");
      const auto watched = names_.find(event.wd);
      if (watched == names_.end()) continue;
      const bool is_root = watched->second.empty();
      // What happens to a folder itself is told by the one that it is in.
      if (event.len == 0 && (!is_root || (event.mask & (kOfItself | IN_ATTRIB)) == 0)) {
        if ((event.mask & IN_IGNORED) != 0) names_.erase(watched);
        continue;
      }
      const std::string name = event.len == 0 ? "." : joined(watched->second, event.name);
      const bool is_new = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
      if (is_new && told_.erase(name) > 0) continue;
      for (const EventBit& known : kEventBits) {
        if ((event.mask & known.bit) != 0) events.push_back({name, known.type});
      }
      if (!is_recursive_ || (event.mask & IN_ISDIR) == 0 || event.len == 0) continue;
      if ((event.mask & IN_MOVED_FROM) != 0) forget_below(name);
      if (is_new) {
        add(name);
        add_below(name, &events);
      }
    }
  }
  told_.clear();
  return events;
}

}  // namespace osiris::sandbox
