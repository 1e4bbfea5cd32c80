#pragma once

#include <string>

#include "agent/conversation.h"

/// How a conversation is told to a person.
namespace osiris {

/// "· discover connection @mysql.main, table orders"
std::string call_line(const std::string& tool, const Json& arguments);
/// "  3 tables", "  error: query.unknown_table: …"
std::string answer_line(const Json& answer);
/// How a run ended, from what the tool run answers: "success: 6 rows, logs/run_17643".
std::string run_text(const Json& outline);
/// Why an answer is not the whole one; empty where it is.
std::string stop_text(llm::Answer::Stop stop);
/// "chat_17643 · gpt-6-luna · 1,204 tokens read, 87 written"
std::string usage_line(const Conversation& conversation, const Turn& turn);

}  // namespace osiris
