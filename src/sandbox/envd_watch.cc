#include "sandbox/envd_watch.h"

#include <array>
#include <cerrno>
#include <exception>

#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "net/wake_up.h"
#include "sandbox/connect_frames.h"
#include "sandbox/file_entry.h"
#include "sandbox/folder_watch.h"
#include "sandbox/small_thread.h"

namespace osiris::sandbox {

namespace {

/// Nobody tells this machine what others do there.
bool is_of_network(const std::string& path) {
  struct statfs facts {};
  if (::statfs(path.c_str(), &facts) != 0) return false;
  constexpr std::array<std::uint32_t, 5> kNetworks{NFS_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB_SUPER_MAGIC,
                                                   SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC};
  return std::ranges::find(kNetworks, static_cast<std::uint32_t>(facts.f_type)) != kNetworks.end();
}

FolderWatch open_watch(const CallMessage& request, const EnvdSettings& settings) {
  const std::string folder = expanded_path(request.text("path"), settings);
  std::error_code problem;
  const fs::file_status status = fs::status(folder, problem);
  if (problem) throw_path_error(problem.value(), folder);
  if (!fs::is_directory(status))
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument", cat("path ", folder, " not a directory"));
  if (!request.flag("allowNetworkMounts") && is_of_network(folder)) {
    throw Error(ErrorKind::kUser, "sandbox.invalid_argument",
                cat("cannot watch path on network filesystem: ", folder));
  }
  return FolderWatch(folder, request.flag("recursive"));
}

Json event_json(const FolderEvent& event, const std::string& folder, bool includes_entry) {
  Json json{{"name", event.name}, {"type", event.type}};
  if (!includes_entry) return json;
  try {
    json["entry"] = FileEntries().entry(event.name == "." ? folder : cat(folder, '/', event.name));
  } catch (const Error&) {
    // It has gone since; the event was true when it happened.
    return json;
  }
  return json;
}

/// Waits for events of a watch, or a deadline, or a stop.
void wait_for_events(const FolderWatch& watch, const WakeUp& stopped, int patience_ms) {
  std::array<pollfd, 2> watched{{{watch.descriptor(), POLLIN, 0}, {stopped.descriptor(), POLLIN, 0}}};
  ::poll(watched.data(), watched.size(), patience_ms);
}

}  // namespace

/// Gathers events until somebody asks for them.
class EnvdWatch::Watcher {
 public:
  Watcher(FolderWatch watch, bool includes_entry)
      : watch_(std::move(watch)), includes_entry_(includes_entry), thread_([this] { gather(); }) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() { stopping_.cancel(); }

  Json take() {
    const std::scoped_lock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return std::exchange(events_, Json::array());
  }

 private:
  void gather() {
    // Chosen: nobody who asks at all lets so many gather.
    constexpr std::size_t kMostEvents = 65'536;
    while (!stopping_.is_cancelled()) {
      wait_for_events(watch_, stopped_, -1);
      try {
        for (const FolderEvent& event : watch_.take()) {
          Json json = event_json(event, watch_.folder(), includes_entry_);
          const std::scoped_lock lock(mutex_);
          if (events_.size() >= kMostEvents) {
            throw Error(ErrorKind::kUser, "sandbox.resource_exhausted",
                        "watcher error: more happened than was asked for");
          }
          events_.push_back(std::move(json));
        }
      } catch (const Error&) {
        const std::scoped_lock lock(mutex_);
        failure_ = std::current_exception();
        return;
      }
    }
  }

  FolderWatch watch_;
  bool includes_entry_;
  std::mutex mutex_;
  Json events_ = Json::array();
  std::exception_ptr failure_;
  Cancellation stopping_;
  WakeUp stopped_{stopping_};
  SmallThread thread_;
};

EnvdWatch::EnvdWatch(const EnvdSettings& settings) : settings_(settings) {}

EnvdWatch::~EnvdWatch() = default;

void EnvdWatch::watch_folder(const CallMessage& request, ConnectStream& stream,
                             Cancellation& stopping) const {
  FolderWatch watch = open_watch(request, settings_);
  const bool includes_entry = request.flag("includeEntry");
  const WakeUp stopped(stopping);
  stream.send(connect_frame(R"({"start":{}})"));
  for (;;) {
    wait_for_events(watch, stopped, remaining_ms(stream.next_tick()));
    stream.tick();
    std::string frames;
    for (const FolderEvent& event : watch.take()) {
      const Json json{{"filesystem", event_json(event, watch.folder(), includes_entry)}};
      frames += connect_frame(message_text(json));
    }
    if (!frames.empty()) stream.send(frames);
  }
}

Json EnvdWatch::create_watcher(const CallMessage& request) {
  auto watcher = std::make_shared<Watcher>(open_watch(request, settings_), request.flag("includeEntry"));
  const std::scoped_lock lock(mutex_);
  const std::string id = cat("w", ++created_count_);
  watchers_[id] = std::move(watcher);
  return {{"watcherId", id}};
}

std::shared_ptr<EnvdWatch::Watcher> EnvdWatch::find(const CallMessage& request) {
  const std::string id = request.text("watcherId");
  const std::scoped_lock lock(mutex_);
  const auto found = watchers_.find(id);
  if (found == watchers_.end())
    throw Error(ErrorKind::kUser, "sandbox.not_found", cat("watcher with id ", id, " not found"));
  return found->second;
}

Json EnvdWatch::watcher_events(const CallMessage& request) {
  const Json events = find(request)->take();
  return events.empty() ? Json::object() : Json{{"events", events}};
}

Json EnvdWatch::remove_watcher(const CallMessage& request) {
  // Its thread ends when the last user of it goes, outside the lock.
  const std::shared_ptr<Watcher> watcher = find(request);
  const std::scoped_lock lock(mutex_);
  watchers_.erase(request.text("watcherId"));
  return Json::object();
}

}  // namespace osiris::sandbox
