#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/json.h"
#include "sandbox/call_message.h"
#include "sandbox/connect_call.h"
#include "sandbox/envd_settings.h"

namespace osiris::sandbox {

/// The calls of filesystem.Filesystem that watch folders. Thread-safe.
class EnvdWatch {
 public:
  explicit EnvdWatch(const EnvdSettings& settings);
  ~EnvdWatch();

  void watch_folder(const CallMessage& request, ConnectStream& stream, Cancellation& stopping) const;
  Json create_watcher(const CallMessage& request);
  /// Errors: kUser "sandbox.not_found"; "sandbox.resource_exhausted" where events were lost.
  Json watcher_events(const CallMessage& request);
  Json remove_watcher(const CallMessage& request);

 private:
  class Watcher;

  std::shared_ptr<Watcher> find(const CallMessage& request);

  const EnvdSettings& settings_;
  std::mutex mutex_;
  std::uint64_t created_count_ = 0;
  std::map<std::string, std::shared_ptr<Watcher>> watchers_;
};

}  // namespace osiris::sandbox
