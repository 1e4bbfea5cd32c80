#include "llm/message.h"

#include "base/error.h"

namespace osiris::llm {

namespace {

constexpr const char* kRoles[] = {"person", "model", "tools"};

Message::Role role_of(const std::string& word) {
  for (const auto role : {Message::Role::kPerson, Message::Role::kModel, Message::Role::kTools})
    if (word == kRoles[static_cast<int>(role)]) return role;
  invariant(false, "a message has a known role");
  return {};
}

}  // namespace

Json to_json(const Message& message) {
  Json json{{"role", kRoles[static_cast<int>(message.role)]}, {"text", message.text}};
  for (const ToolCall& call : message.calls) {
    json["calls"].push_back(
        {{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}, {"flaw", call.flaw}});
  }
  for (const ToolResult& result : message.results) {
    json["results"].push_back({{"call_id", result.call_id},
                               {"name", result.name},
                               {"text", result.text},
                               {"is_error", result.is_error}});
  }
  if (!message.native_to.empty()) {
    json["native_to"] = message.native_to;
    json["native_model"] = message.native_model;
    json["native"] = message.native;
  }
  return json;
}

Message message_of(const Json& json) {
  Message message;
  message.role = role_of(json.at("role").get<std::string>());
  message.text = json.at("text").get<std::string>();
  for (const Json& call : json.value("calls", Json::array())) {
    message.calls.push_back({call.at("id").get<std::string>(), call.at("name").get<std::string>(),
                             call.at("arguments"), call.at("flaw").get<std::string>()});
  }
  for (const Json& result : json.value("results", Json::array())) {
    message.results.push_back({result.at("call_id").get<std::string>(), result.at("name").get<std::string>(),
                               result.at("text").get<std::string>(), result.at("is_error").get<bool>()});
  }
  message.native_to = json.value("native_to", "");
  message.native_model = json.value("native_model", "");
  message.native = json.value("native", Json());
  return message;
}

}  // namespace osiris::llm
