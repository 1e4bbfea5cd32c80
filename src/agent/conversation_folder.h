#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/tool.h"
#include "base/file_system.h"
#include "base/json.h"
#include "llm/message.h"

namespace osiris {

/// What a conversation leaves: `logs/chat_<ms>/` with conversation.jsonl, what was said, and requests.jsonl,
/// every request that left the machine. What is written here is redacted before.
class ConversationFolder {
 public:
  /// Makes a new one. Errors: kUser "file.unwritable".
  static ConversationFolder make(const fs::path& logs);
  /// One that is there, by its id or the beginning of it. Errors: kUser "session.unknown",
  /// "session.ambiguous".
  static ConversationFolder find(const fs::path& logs, const std::string& id);

  /// "chat_1700000000000"
  std::string id() const { return folder_.filename().string(); }
  const fs::path& folder() const { return folder_; }

  void add(const llm::Message& message);
  void add(const Draft& draft);
  /// `endpoint`: {provider, model, url}.
  void add_request(const Json& endpoint, const Json& body);

  struct Contents {
    std::vector<llm::Message> messages;
    std::optional<Draft> draft;
  };
  /// What was said so far. Half a line at the end is what a killed process leaves. Calls that were never
  /// answered are answered with an error, for every protocol wants an answer.
  Contents read() const;

 private:
  explicit ConversationFolder(fs::path folder);
  static void append(OutputFile& file, const Json& line);

  fs::path folder_;
  OutputFile conversation_, requests_;
};

}  // namespace osiris
