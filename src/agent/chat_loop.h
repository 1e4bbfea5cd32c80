#pragma once

#include <string>

#include "agent/conversation.h"
#include "agent/dialog.h"

namespace osiris {

/// A conversation at a prompt, until its person leaves: what they say goes to the model, and words that begin
/// with a slash are commands of their own.
class ChatLoop {
 public:
  ChatLoop(ConversationWorld world, Conversation& conversation, Dialog& dialog)
      : world_(std::move(world)), conversation_(conversation), dialog_(dialog) {}

  void run();

 private:
  /// False where it ends the conversation.
  bool take_command(const std::string& line);
  void take_message(const std::string& line);
  void help();
  void plan(Cancellation& cancellation);
  void diff();
  void save(const std::string& path);
  void run_draft();
  void list_connections();
  void model(const std::string& name);

  /// Does what may take long; Ctrl-C stops it, and an error is shown.
  void attend(const std::function<void(Cancellation&)>& work);
  /// The draft. Errors: kUser "agent.no_draft".
  const Draft& draft() const;

  ConversationWorld world_;
  Conversation& conversation_;
  Dialog& dialog_;
};

}  // namespace osiris
