#include "agent/conversation_folder.h"

#include <algorithm>

#include <fcntl.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "session/session_reader.h"

namespace osiris {

namespace {

constexpr std::string_view kPrefix = "chat_";
constexpr const char* kConversation = "conversation.jsonl";
constexpr const char* kRequests = "requests.jsonl";

OutputFile appended(const fs::path& path) { return {path, O_WRONLY | O_CREAT | O_APPEND}; }

std::vector<std::string> conversation_ids(const fs::path& logs) {
  std::vector<std::string> ids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(logs, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && fs::exists(entry.path() / kConversation, ignored)) ids.push_back(name);
  }
  std::ranges::sort(ids, std::greater<>());
  return ids;
}

void answer_open_calls(std::vector<llm::Message>& messages) {
  for (std::size_t at = 0; at < messages.size(); ++at) {
    if (messages[at].calls.empty()) continue;
    const bool is_answered = at + 1 < messages.size() && messages[at + 1].role == llm::Message::Role::kTools;
    if (is_answered) continue;
    llm::Message answers{llm::Message::Role::kTools};
    for (const llm::ToolCall& call : messages[at].calls)
      answers.results.push_back({call.id, call.name, "the call was interrupted", true});
    messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(at) + 1, answers);
  }
}

}  // namespace

ConversationFolder::ConversationFolder(fs::path folder)
    : folder_(std::move(folder)),
      conversation_(appended(folder_ / kConversation)),
      requests_(appended(folder_ / kRequests)) {}

ConversationFolder ConversationFolder::make(const fs::path& logs) {
  make_folders(logs);
  std::error_code failed;
  for (std::int64_t at = now_ms();; ++at) {
    const fs::path folder = logs / cat(kPrefix, at);
    if (fs::create_directory(folder, failed)) return ConversationFolder(folder);
    if (failed) {
      throw Error(ErrorKind::kUser, "file.unwritable",
                  cat("the folder cannot be made: '", folder.string(), "' (", failed.message(), ")"));
    }
  }
}

ConversationFolder ConversationFolder::find(const fs::path& logs, const std::string& id) {
  std::vector<std::string> found;
  for (const std::string& each : conversation_ids(logs)) {
    if (each == id) return ConversationFolder(logs / each);
    if (each.starts_with(id)) found.push_back(each);
  }
  if (found.empty())
    throw Error(ErrorKind::kUser, "session.unknown", cat("no such conversation: '", id, "'"),
                "see logs/chat_*");
  if (found.size() > 1) {
    throw Error(ErrorKind::kUser, "session.ambiguous", cat("several conversations begin so: '", id, "'"),
                cat("known: ", join(found, ", ")));
  }
  return ConversationFolder(logs / found.front());
}

void ConversationFolder::append(OutputFile& file, const Json& line) {
  Json stamped{{"ts", iso8601(now_ms())}};
  stamped.update(line);
  file.write(stamped.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void ConversationFolder::add(const llm::Message& message) {
  append(conversation_, {{"message", llm::to_json(message)}});
}

void ConversationFolder::add(const Draft& draft) {
  append(conversation_, {{"draft", {{"path", draft.path}, {"text", draft.text}}}});
}

void ConversationFolder::add_request(const Json& endpoint, const Json& body) {
  Json line = endpoint;
  line["body"] = body;
  append(requests_, line);
}

ConversationFolder::Contents ConversationFolder::read() const {
  Contents contents;
  for_each_json_line(read_file(folder_ / kConversation), [&](const Json& line) {
    if (line.contains("message")) contents.messages.push_back(llm::message_of(line["message"]));
    if (line.contains("draft")) {
      contents.draft = {line["draft"]["path"].get<std::string>(), line["draft"]["text"].get<std::string>()};
    }
  });
  answer_open_calls(contents.messages);
  return contents;
}

}  // namespace osiris
