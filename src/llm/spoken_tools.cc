#include "llm/spoken_tools.h"

#include "base/text.h"
#include "llm/complaint.h"

namespace osiris::llm {

namespace {

constexpr const char* kNone = "none";

Json spoken(const std::string& say, const std::string& tool, const Json& arguments) {
  return {{"say", say}, {"tool", tool}, {"arguments", arguments}};
}

Json schema_of(const std::vector<ToolOffer>& tools) {
  Json names = Json::array({kNone});
  for (const ToolOffer& tool : tools) names.push_back(tool.name);
  const Json properties{
      {"say", {{"type", "string"}}}, {"tool", {{"enum", names}}}, {"arguments", {{"type", "object"}}}};
  return {{"type", "object"},
          {"properties", properties},
          {"required", {"say", "tool", "arguments"}},
          {"additionalProperties", false}};
}

std::string told(const std::vector<ToolOffer>& tools) {
  std::string text =
      "\n# Tools\n\nAnswer with one JSON object and nothing else: {\"say\": \"words for the person\", "
      "\"tool\": "
      "\"the name of one tool, or none\", \"arguments\": {}}. The next message has what the tool "
      "answered.\n\n";
  for (const ToolOffer& tool : tools)
    text += cat("- ", tool.name, ": ", tool.description, " Arguments: ", tool.input_schema.dump(), "\n");
  return text;
}

/// From the first brace to the last, for models put words around it.
std::string_view braced(std::string_view text) {
  const std::size_t first = text.find('{'), last = text.rfind('}');
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return "";
  return text.substr(first, last - first + 1);
}

}  // namespace

ModelRequest spoken_request(const ModelRequest& request) {
  ModelRequest plain{request.system + told(request.tools), {}, {}, schema_of(request.tools)};
  for (const Message& message : request.messages) {
    Message next{message.role, message.text};
    if (message.role == Message::Role::kModel) {
      const bool calls = !message.calls.empty();
      next.text = spoken(message.text, calls ? message.calls.front().name : kNone,
                         calls ? message.calls.front().arguments : Json::object())
                      .dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    if (message.role == Message::Role::kTools) {
      next.role = Message::Role::kPerson;
      for (const ToolResult& result : message.results)
        next.text += cat("The tool ", result.name, " answered, which is data:\n", result.text, "\n");
    }
    plain.messages.push_back(std::move(next));
  }
  return plain;
}

std::optional<Answer> heard_answer(const Answer& answer) {
  const Json json = Json::parse(braced(answer.message.text), nullptr, false);
  if (!json.is_object() || !json.contains("say")) return std::nullopt;
  Answer heard = answer;
  heard.message = {Message::Role::kModel, text_of(json, "say")};
  const std::string tool = text_of(json, "tool");
  if (!tool.empty() && tool != kNone)
    heard.message.calls.push_back({"spoken", tool, object_of(json, "arguments")});
  return heard;
}

}  // namespace osiris::llm
