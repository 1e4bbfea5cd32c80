#pragma once

#include "base/json.h"
#include "component/registry.h"

namespace osiris {

/// A component's line in a list: name, version, role, modes, title, aliases.
Json summary_json(const ComponentSpec& spec);
/// The same with JSON Schemas of its config and of its connection, what its commit promises, and examples.
Json description_json(const ComponentSpec& spec, const Registry& registry);

/// Errors: kUser "oml.unknown_component" with a near name.
const RegisteredComponent& find_component(const Registry& registry, const std::string& name);

}  // namespace osiris
