#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "component/description.h"

namespace osiris::cli {

namespace {

Answer list_components(const Invocation& invocation) {
  Answer answer;
  Json components = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : invocation.registry().names()) {
    const ComponentSpec& spec = invocation.registry().find(name)->spec;
    components.push_back(summary_json(spec));
    rows.push_back({spec.name, std::string(mode_of(spec.role)), spec.title});
  }
  answer.json = {{"components", components}};
  answer.text = table_text({"COMPONENT", "MODE", "WHAT IT DOES"}, rows);
  return answer;
}

std::string field_line(const Field& field) {
  std::string line = cat("  ", field.name, "  ", to_string(field.type));
  if (!field.allowed.empty()) line += cat(" ", Json(field.allowed).dump());
  if (field.is_required) line += ", required";
  if (field.default_value) line += cat(", default ", field.default_value->dump());
  line += "\n";
  if (!field.help.empty()) line += cat("      ", field.help, "\n");
  return line;
}

std::string spec_text(const ComponentSpec& spec) {
  std::string text =
      cat(spec.name, " ", spec.version, "  mode: ", mode_of(spec.role), "\n", spec.title, "\n");
  if (!spec.aliases.empty()) text += cat("also called ", join(spec.aliases, ", "), "\n");
  text += "\nconfig:\n";
  if (!spec.connection_family.empty()) {
    text += cat("  connection  \"@", spec.connection_family, ".<alias>\"; without it the family's default\n");
  }
  for (const Field& field : spec.fields) text += field_line(field);
  return text;
}

Answer show_component(const Invocation& invocation) {
  const ComponentSpec& spec = find_component(invocation.registry(), invocation.arguments().front()).spec;
  Answer answer;
  answer.json = description_json(spec, invocation.registry());
  answer.text = spec_text(spec);
  if (!spec.examples.empty()) answer.text += "\nexamples:\n";
  for (const SpecExample& example : spec.examples)
    answer.text += cat("  ", example.name, ": ", example.config.dump(), "\n");
  return answer;
}

}  // namespace

std::vector<Command> component_commands() {
  return {{"components list",
           "",
           0,
           0,
           "List what steps can be made of",
           {{"osiris components list", "every component with its mode"}},
           {},
           list_components},
          {"components show",
           "NAME",
           1,
           1,
           "Show a component's options",
           {{"osiris components show sql.processor", "names, types, defaults, help"}},
           {},
           show_component}};
}

}  // namespace osiris::cli
