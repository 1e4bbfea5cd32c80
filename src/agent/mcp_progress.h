#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "agent/tool.h"
#include "base/json.h"

namespace osiris::mcp {

/// Tells a client each second that a call goes on, and, of a run, what its steps have moved. Ends with the
/// object: after it nothing more is told.
class CallProgress {
 public:
  using Send = std::function<void(const std::string& line)>;

  CallProgress(Json token, Send send);
  CallProgress(const CallProgress&) = delete;
  CallProgress& operator=(const CallProgress&) = delete;

  /// For the runs of the call, which end before the object does.
  RunWatch watch();

 private:
  class Observer;

  void tell(const std::stop_token& stop);

  Json token_;
  Send send_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  RunObserver::LookAtSteps look_;  ///< under the mutex; empty while nothing runs
  std::jthread thread_;            ///< last, for it uses the others
};

/// Whether it can be a progress token.
bool is_progress_token(const Json& token);

}  // namespace osiris::mcp
