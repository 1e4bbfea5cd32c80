#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/conversation_folder.h"
#include "agent/tool.h"
#include "llm/endpoint.h"
#include "llm/model.h"
#include "project/project.h"

namespace osiris {

/// Watches a turn as it goes on.
class TurnWatcher {
 public:
  virtual ~TurnWatcher() = default;
  virtual void said(std::string_view piece) = 0;
  /// What was said since the last call or answer is void; the model is asked again.
  virtual void asks_again(const Error& why, std::chrono::milliseconds wait) = 0;
  virtual void calls(const std::string& tool, const Json& arguments) = 0;
  /// `answer` is the tool's, or {error: …}.
  virtual void answered(const std::string& tool, const Json& answer) = 0;
};

/// What one message of the person led to.
struct Turn {
  struct Call {
    std::string tool;
    Json arguments;
    std::string error_code;  ///< empty: it worked
  };

  std::string text;  ///< the model's last words
  std::vector<Call> calls;
  llm::Usage usage;
  llm::Answer::Stop stop = llm::Answer::Stop::kDone;
};

/// What a conversation lives in.
struct ConversationWorld {
  std::function<Project()> open_project;  ///< anew for each turn, so that files may change
  const Registry& registry;
  bool shares_samples = false;  ///< see ToolContext
  RunWatch watch{};             ///< see ToolContext
};

/// A person and a model talk about pipelines: the model's calls are made, and what must be asked is asked.
/// Whatever the model says or reads, nothing is saved, compiled or run but by the consent. Single-threaded.
class Conversation {
 public:
  /// Goes on with what the folder has.
  Conversation(ConversationWorld world, ConversationFolder folder, llm::Endpoint endpoint);

  /// Asks the model until it calls no more tool.
  /// Errors: kUser "agent.secret_in_message"; "agent.model_loops" where it makes no progress;
  /// "agent.draft_failed" where its draft did not become right; "run.cancelled"; those of Model::ask(). The
  /// conversation can go on after each of them.
  Turn say(const std::string& message, Consent& consent, TurnWatcher& watcher, Cancellation& cancellation);

  const ConversationFolder& folder() const { return folder_; }
  const llm::Endpoint& endpoint() const { return endpoint_; }
  /// From now on another model of the same provider answers.
  void set_model(const std::string& model) { endpoint_.model = model; }
  const std::optional<Draft>& draft() const { return desk_.draft; }
  bool is_empty() const { return messages_.empty(); }
  /// Writes the draft to a file of the project, at its person's wish; the draft is then the file's.
  /// Errors: kUser "agent.outside_project"; those of writing files. Requires: there is a draft.
  void save_draft(const std::string& path);

 private:
  struct Round;

  void add(llm::Message message);
  /// The turn of a model that only answers questions.
  Turn answer_questions(Round& round);
  llm::Answer ask(const llm::ModelRequest& request, Round& round);
  llm::Message call_all(const llm::Message& said, Round& round);
  Json call(const llm::ToolCall& call, Round& round);
  void notice_loop(const llm::ToolCall& call, Round& round);
  void notice_draft(const Json& answer, Round& round);

  ConversationWorld world_;
  ConversationFolder folder_;
  llm::Endpoint endpoint_;
  std::vector<llm::Message> messages_;
  DraftDesk desk_;
  std::set<std::string> approved_;  ///< paths that the person had written
};

}  // namespace osiris
