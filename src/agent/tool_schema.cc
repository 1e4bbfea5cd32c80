#include "agent/tool_schema.h"

namespace osiris {

Json object_schema(const Json& properties, const std::vector<std::string>& required) {
  Json schema = open_object_schema(properties, required);
  schema["additionalProperties"] = false;
  return schema;
}

Json open_object_schema(const Json& properties, const std::vector<std::string>& required) {
  Json schema{{"type", "object"}, {"properties", properties.empty() ? Json::object() : properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

Json text_schema(const std::string& description, std::size_t most_characters) {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", most_characters}, {"description", description}};
}

Json object_list() { return {{"type", "array"}, {"items", {{"type", "object"}}}}; }

std::optional<std::string> optional_text(const Json& arguments, const char* name) {
  if (!arguments.contains(name)) return std::nullopt;
  return arguments[name].get<std::string>();
}

}  // namespace osiris
