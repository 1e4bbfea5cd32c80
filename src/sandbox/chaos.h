#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/http_head.h"
#include "sandbox/relay.h"

namespace osiris::sandbox {

/// What is to go wrong with a request.
struct ChaosFault {
  std::int64_t delay_ms = 0;
  int status = 0;  ///< answered instead of what was asked for; 0: none
  std::string message;
  bool hangs = false;    ///< no answer, for as long as the client waits
  bool is_gone = false;  ///< answered as if the sandbox had ended
  bool expires = false;  ///< the sandbox's time is over
  RelayCut cut;
};

/// Faults on demand, for tests of programs that use sandboxes: {"faults":[{"path":"/files","method":"POST",
/// "times":1,"status":429}]}. The file is read anew when it changes. See docs/sandbox.md. Thread-safe.
class Chaos {
 public:
  /// Errors: as read_file(); kUser "sandbox.bad_chaos".
  explicit Chaos(std::filesystem::path file);

  /// The faults that match the request, put together; each is used up by one.
  ChaosFault fault_of(const HttpHead& head);
  /// Programs behave as in an old sandbox: see old_envd of docs/sandbox.md.
  bool is_old_envd() const { return is_old_envd_; }

 private:
  struct Rule {
    std::string path, method;
    std::int64_t skipped_count = 0;  ///< requests that are spared first
    std::int64_t left_count = 0;
    std::int64_t gone_ms = 0, gone_until_ms = 0;
    ChaosFault fault;
  };

  void load();
  static Rule rule_of(const Json& entry);

  std::filesystem::path file_;
  std::mutex mutex_;
  std::filesystem::file_time_type read_at_;
  std::vector<Rule> rules_;
  bool is_old_envd_ = false;
};

}  // namespace osiris::sandbox
