#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "agent/mcp_message.h"
#include "agent/tool.h"

namespace osiris::mcp {

/// The form that the person sees, as parameters of elicitation/create: nothing is allowed but by `allow`.
Json consent_form(const std::string& message);
/// Whether the client's answer to it is a yes.
bool is_yes(const Json& answer);

/// Thrown to end a request with a question in place of a result; the client calls again with the answer.
struct InputRequired {
  Json result;
};

/// Questions that a handshake client is asked while the call waits. Thread-safe.
class PendingQuestions {
 public:
  using Send = std::function<void(const std::string& line)>;
  explicit PendingQuestions(Send send) : send_(std::move(send)) {}

  /// Sends the question and waits for the answer. Errors: kUser "run.cancelled".
  bool ask(const Question& question, Cancellation& cancellation);
  /// Takes the client's answer, a result or an error.
  void take(const Json& message);

 private:
  Send send_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t last_id_ = 0;
  std::map<std::string, std::optional<bool>> answers_;
};

/// Questions that a client without handshake was handed, by a word that only this process can know. Each
/// answer counts once, and for what was shown only. Thread-safe.
class HandedQuestions {
 public:
  /// Returns the answer that the parameters of the call bring. Throws InputRequired where there is none that
  /// counts.
  bool ask(const Question& question, const Json& params);

 private:
  std::mutex mutex_;
  std::deque<std::pair<std::string, std::string>> open_;  ///< word, subject
};

}  // namespace osiris::mcp
