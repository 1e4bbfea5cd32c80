#include "component/registry.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osiris {

bool keeps_marks(const RegisteredComponent& writer, const ConnectionConfig& connection) {
  const std::vector<std::string>& fields = writer.spec.marks_with;
  if (writer.component->find_mark == nullptr) return false;
  return fields.empty() ||
         std::ranges::any_of(fields, [&](const std::string& field) { return connection.has(field); });
}

Registry::Registry() : Registry(all_components(), all_connection_types()) {}

Registry::Registry(const std::vector<Component>& components, const std::vector<ConnectionType>& connections)
    : components_(&components), connections_(&connections) {}

const RegisteredComponent* Registry::find(std::string_view name) const {
  if (const auto known = parsed_.find(name); known != parsed_.end()) return &known->second;
  for (const Component& component : *components_) {
    if (component.name != name) continue;
    RegisteredComponent registered{&component, parse_component_spec(component.name, component.spec)};
    return &parsed_.emplace(component.name, std::move(registered)).first->second;
  }
  for (const Component& component : *components_) {
    // An alias stands in the spec's text, so only specs that mention the word are parsed.
    if (component.spec.find(name) == std::string_view::npos) continue;
    const RegisteredComponent* candidate = find(component.name);
    const auto& aliases = candidate->spec.aliases;
    if (std::find(aliases.begin(), aliases.end(), name) != aliases.end()) return candidate;
  }
  return nullptr;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const Component& component : *components_) names.emplace_back(component.name);
  return names;
}

const ConnectionType* Registry::find_connection_type(std::string_view family) const {
  for (const ConnectionType& type : *connections_) {
    if (type.family == family) return &type;
  }
  return nullptr;
}

const ConnectionSpec& Registry::connection_spec(std::string_view family) const {
  if (const auto known = parsed_connections_.find(family); known != parsed_connections_.end())
    return known->second;
  const ConnectionType* type = find_connection_type(family);
  invariant(type != nullptr, cat("there is a connection type '", family, "'"));
  return parsed_connections_.emplace(family, parse_connection_spec(family, type->spec)).first->second;
}

std::vector<std::string> Registry::families() const {
  std::vector<std::string> families;
  for (const ConnectionType& type : *connections_) families.emplace_back(type.family);
  return families;
}

}  // namespace osiris
