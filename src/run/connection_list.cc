#include "run/connection_list.h"

namespace osiris {

namespace {

/// A field as it is written in the file, unless it is a secret written out.
std::string shown_text(const ConnectionEntry::FieldText& field, bool is_secret) {
  return is_secret && variables_in(field.text).empty() && field.text.find("${file:") == std::string::npos
             ? "***"
             : field.text;
}

bool is_secret(const ConnectionEntry& entry, const std::string& name, const Registry& registry) {
  // Of a family that no component knows, nobody can say which fields are secret.
  if (registry.find_connection_type(entry.family) == nullptr) return true;
  const Field* field = registry.connection_spec(entry.family).find(name);
  return field == nullptr || field->is_secret;
}

}  // namespace

std::vector<ListedConnection> list_connections(const Project& project, const Registry& registry) {
  std::vector<ListedConnection> connections;
  for (const ConnectionEntry& entry : project.connections().entries()) {
    ListedConnection& listed = connections.emplace_back();
    listed.reference = entry.reference();
    listed.family = entry.family;
    listed.alias = entry.alias;
    listed.is_default = entry.is_default;
    listed.is_supported = registry.find_connection_type(entry.family) != nullptr;
    for (const auto& field : entry.fields) {
      listed.fields[field.name] = shown_text(field, is_secret(entry, field.name, registry));
      for (const std::string& name : variables_in(field.text)) {
        const bool has_default = field.text.find("${" + name + ":-") != std::string::npos;
        const bool is_set = project.environment().find(name) != nullptr;
        listed.variables[name] = is_set;
        if (!is_set && !has_default) listed.missing.push_back(name);
      }
    }
  }
  return connections;
}

Json to_json(const ListedConnection& connection) {
  return {{"connection", connection.reference},
          {"family", connection.family},
          {"alias", connection.alias},
          {"default", connection.is_default},
          {"supported", connection.is_supported},
          {"fields", connection.fields},
          {"variables", connection.variables},
          {"missing", connection.missing}};
}

}  // namespace osiris
