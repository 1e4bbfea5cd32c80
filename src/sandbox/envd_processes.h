#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/json.h"
#include "sandbox/call_message.h"
#include "sandbox/connect_call.h"
#include "sandbox/envd_settings.h"
#include "sandbox/process.h"

namespace osiris::sandbox {

/// The calls of process.Process. Thread-safe.
class EnvdProcesses {
 public:
  explicit EnvdProcesses(const EnvdSettings& settings) : settings_(settings) {}

  Json list();
  Json update(const CallMessage& request);
  Json send_input(const CallMessage& request, const HttpExchange& exchange);
  Json send_signal(const CallMessage& request);
  Json close_stdin(const CallMessage& request);
  void start(const CallMessage& request, ConnectStream& stream, Cancellation& stopping);
  void connect(const CallMessage& request, ConnectStream& stream, Cancellation& stopping);

 private:
  // The table and every stream of a process have a part in it.
  using SharedProcess = std::shared_ptr<Process>;

  ProcessOptions options_of(const CallMessage& request, const ConnectStream& stream) const;
  static void stream_output(Process& process, ProcessOutput::Subscription& subscription,
                            ConnectStream& stream, Cancellation& stopping, bool is_started_by_it);
  SharedProcess find(const CallMessage& request, bool may_have_ended);
  void forget_ended();

  const EnvdSettings& settings_;
  std::mutex mutex_;
  std::map<pid_t, SharedProcess> processes_;
};

}  // namespace osiris::sandbox
