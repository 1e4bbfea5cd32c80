#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

/// Language models behind their providers' protocols. What the tools are and what a conversation is about is
/// not known here.
namespace osiris::llm {

/// A tool that a model may call.
struct ToolOffer {
  std::string name, description;
  Json input_schema;
};

/// A model wants a tool to be called.
struct ToolCall {
  std::string id;    ///< the provider's, or our own where it gives none
  std::string name;  ///< as the model wrote it: there may be no such tool
  Json arguments = Json::object();
  std::string flaw{};  ///< why what the model wrote is no JSON object; the arguments are then empty
};

struct ToolResult {
  std::string call_id, name;
  std::string text;
  bool is_error = false;
};

/// One message of a conversation.
struct Message {
  enum class Role { kPerson, kModel, kTools };

  Role role = Role::kPerson;
  std::string text{};
  std::vector<ToolCall> calls{};      ///< of a model
  std::vector<ToolResult> results{};  ///< of tools, one for each call of the message before
  /// What the model, of the provider of that name, wants to see again as it was, such as signatures of
  /// thoughts.
  std::string native_to{}, native_model{};
  Json native{};
};

Json to_json(const Message& message);
/// Requires: what to_json() gave. Errors: kInternal for anything else.
Message message_of(const Json& json);

struct Usage {
  std::uint64_t input_tokens = 0, output_tokens = 0;

  Usage& operator+=(const Usage& other) {
    input_tokens += other.input_tokens;
    output_tokens += other.output_tokens;
    return *this;
  }
};

/// What a model is asked.
struct ModelRequest {
  std::string system;
  std::vector<Message> messages;
  std::vector<ToolOffer> tools{};
  std::optional<Json> answer_schema{};  ///< what the answer's text has to be: JSON Schema
  std::optional<double> temperature{};  ///< none: the server's own
};

/// What it said, whole: of an answer that broke off nothing is handed out.
struct Answer {
  enum class Stop {
    kDone,     ///< with tool calls or without
    kLength,   ///< it had no room for more
    kRefused,  ///< by the model or by its provider
  };

  Message message;
  Stop stop = Stop::kDone;
  Usage usage;
};

}  // namespace osiris::llm
