#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/sandbox.h"

namespace osiris::sandbox {

/// The sandboxes of a server. Those whose time is over end or pause by themselves, and so do those that died;
/// all end with the object. Thread-safe.
class SandboxTable {
 public:
  /// Requests hold a sandbox that another one ends, so it is shared.
  using Entry = std::shared_ptr<Sandbox>;

  /// `tell` is called with a line about each that died.
  SandboxTable(SandboxGround ground, std::size_t most, std::function<void(const std::string&)> tell);
  SandboxTable(const SandboxTable&) = delete;
  SandboxTable& operator=(const SandboxTable&) = delete;
  ~SandboxTable();

  const Isolation& isolation() const { return ground_.isolation; }
  /// Gives the facts an id, a slot and the time, and starts it.
  /// Errors: kUser "sandbox.resource_exhausted" where there are as many as there may be; as Sandbox().
  Entry create(SandboxFacts facts, std::int64_t lifetime_ms);
  /// Null where there is none.
  Entry find(const std::string& id) const;
  /// Those there are, the latest first.
  std::vector<Entry> all() const;
  /// Ends it. False where there is none.
  bool remove(const std::string& id);
  void set_end(const Entry& sandbox, std::int64_t unix_ms);
  /// False where it runs already; its time is then only ever extended.
  bool resume(const Entry& sandbox, std::int64_t lifetime_ms);

 private:
  void reap();
  /// Takes out of the table what is over, and pauses what is to be paused then.
  std::vector<Entry> take_ended();
  static void end_all(std::vector<Entry> ended);

  const SandboxGround ground_;
  const std::size_t most_;
  const std::function<void(const std::string&)> tell_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> sandboxes_;
  std::size_t starting_count_ = 0, next_slot_ = 0;
  bool is_ending_ = false;
  std::thread reaper_;
};

}  // namespace osiris::sandbox
