#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/mcp_consent.h"
#include "agent/mcp_message.h"
#include "agent/tool.h"

namespace osiris::mcp {

/// What the server serves.
struct World {
  std::function<Project()> open_project;  ///< anew for each call, so that files may change
  const Registry& registry;
  std::string version;          ///< of the program
  bool shares_samples = false;  ///< see ToolContext
};

/// Answers the messages of one client. Tools run in threads of their own, so that a slow one holds up nobody;
/// everything else is answered at once.
class Server {
 public:
  /// Gets each message without a line's end, from any thread, one at a time.
  using Send = std::function<void(const std::string& line)>;

  /// The tools that may run at the same time.
  static constexpr std::size_t kMostCalls = 16;

  Server(World world, Send send);
  /// Cancels what runs and waits for it.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes one message. Never throws for what a client sends.
  void receive(std::string_view line);
  /// Answers a message that was too long to be read.
  void refuse_oversized(std::size_t most_bytes);
  /// Cancels every call; false where some have not come back before the deadline.
  bool stop(std::chrono::milliseconds patience);
  /// Waits until no call runs.
  void wait_idle();

 private:
  /// A tool at work. What it needs of the client is taken down when it starts.
  struct Call {
    const Tool* tool;
    Json params;
    Era era;
    bool can_ask;  ///< the client can show a form to its person
    Cancellation cancellation{};
    std::thread thread{};
  };
  class CallConsent;

  void send(const std::string& line);
  void take(const Json& message);
  void notified(const Json& message);
  void request(const Json& id, const std::string& method, const Json& params);
  Era era_of(const std::string& method, const Json& params);
  Json answer(const std::string& method, const Json& params, Era era);
  Json initialize(const Json& params);
  Json discover() const;
  Json read_resource(const Json& params, Era era) const;
  Json get_prompt(const Json& params) const;
  Json finished(Json result, const std::string& method, Era era) const;
  Json server_info() const;
  void start_call(const Json& id, const Json& params, Era era);
  void run_call(const Json& id, Call& call);
  Json tool_result(Call& call);
  void reap();

  World world_;
  Send send_;
  std::mutex sending_;
  PendingQuestions pending_;
  HandedQuestions handed_;
  bool is_initialized_ = false;
  Json handshake_capabilities_ = Json::object();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Call>> calls_;  ///< by the id as JSON
  std::vector<std::unique_ptr<Call>> ended_;            ///< their threads are at their end
};

}  // namespace osiris::mcp
