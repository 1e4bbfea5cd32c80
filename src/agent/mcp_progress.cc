#include "agent/mcp_progress.h"

#include "agent/mcp_message.h"
#include "base/text.h"

namespace osiris::mcp {

namespace {

constexpr std::chrono::seconds kInterval{1};

/// "read 1,200 rows; sql 30 rows": the steps that are at work.
std::string steps_text(const std::vector<StepProgress>& steps) {
  std::vector<std::string> parts;
  for (const StepProgress& step : steps) {
    if (step.is_running()) parts.push_back(cat(step.step_id, " ", counted(step.rows(), "row")));
  }
  return join(parts, "; ");
}

}  // namespace

/// Lends the look at the steps for as long as the run allows it.
class CallProgress::Observer : public RunObserver {
 public:
  explicit Observer(CallProgress& owner) : owner_(owner) {}

  void run_started(const Session&, const LookAtSteps& look) override { set(look); }
  void run_ended(const RunOutcome&) override { set({}); }

 private:
  void set(LookAtSteps look) {
    const std::lock_guard<std::mutex> lock(owner_.mutex_);
    owner_.look_ = std::move(look);
  }

  CallProgress& owner_;
};

CallProgress::CallProgress(Json token, Send send)
    : token_(std::move(token)),
      send_(std::move(send)),
      thread_([this](const std::stop_token& stop) { tell(stop); }) {}

RunWatch CallProgress::watch() {
  return [this](const std::string&) { return std::make_unique<Observer>(*this); };
}

void CallProgress::tell(const std::stop_token& stop) {
  for (int seconds = 1;; ++seconds) {
    Json params{{"progressToken", token_}, {"progress", seconds}};
    {
      std::unique_lock<std::mutex> lock(mutex_);
      stopped_.wait_for(lock, stop, kInterval, [] { return false; });
      if (stop.stop_requested()) return;
      const std::string text = look_ ? steps_text(look_()) : "";
      if (!text.empty()) params["message"] = text;
    }
    send_(notification_line("notifications/progress", params));
  }
}

bool is_progress_token(const Json& token) { return token.is_string() || token.is_number_integer(); }

}  // namespace osiris::mcp
