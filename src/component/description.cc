#include "component/description.h"

#include "base/error.h"
#include "base/text.h"

namespace osiris {

Json summary_json(const ComponentSpec& spec) {
  return {{"name", spec.name},
          {"version", spec.version},
          {"role", to_string(spec.role)},
          {"modes", {mode_of(spec.role)}},
          {"title", spec.title},
          {"aliases", spec.aliases}};
}

Json description_json(const ComponentSpec& spec, const Registry& registry) {
  Json json = summary_json(spec);
  if (!spec.connection_family.empty()) {
    json["connection_family"] = spec.connection_family;
    const ConnectionSpec& connection = registry.connection_spec(spec.connection_family);
    json["connection_schema"] = config_schema(connection.fields, {});
  }
  if (!spec.commit.empty()) json["commit"] = spec.commit;
  json["config_schema"] = config_schema(spec.fields, spec.constraints);
  json["examples"] = Json::array();
  for (const SpecExample& example : spec.examples)
    json["examples"].push_back({{"name", example.name}, {"config", example.config}});
  return json;
}

const RegisteredComponent& find_component(const Registry& registry, const std::string& name) {
  if (const RegisteredComponent* registered = registry.find(name)) return *registered;
  throw Error(ErrorKind::kUser, "oml.unknown_component", cat("unknown component: '", name, "'"),
              suggestion(name, registry.names()));
}

}  // namespace osiris
