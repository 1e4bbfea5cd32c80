#include "agent/step_draft.h"

#include <array>
#include <filesystem>

#include "base/text.h"
#include "format/yaml.h"

namespace osiris {

namespace {

const ComponentSpec* find_spec(Role role, std::string_view family, std::string_view place,
                               std::string_view suffix, const Registry& registry) {
  for (const std::string& name : registry.names()) {
    // Reading a spec takes time, and a name tells the role.
    if (!name.ends_with(to_string(role)) || !name.ends_with(suffix)) continue;
    const ComponentSpec& spec = registry.find(name)->spec;
    if (spec.role == role && spec.connection_family == family && spec.find(place) != nullptr) return &spec;
  }
  return nullptr;
}

}  // namespace

const ComponentSpec* table_component(Role role, std::string_view family, const Registry& registry) {
  return find_spec(role, family, "table", "", registry);
}

const ComponentSpec* file_component(Role role, std::string_view kind, const Registry& registry) {
  return find_spec(role, "", "path", cat(".", kind, "_", to_string(role)), registry);
}

std::vector<std::string> file_kinds(Role role, const Registry& registry) {
  const std::string suffix = cat("_", to_string(role));
  std::vector<std::string> kinds;
  for (const std::string& name : registry.names()) {
    if (!name.ends_with(suffix)) continue;
    const ComponentSpec& spec = registry.find(name)->spec;
    const bool moves_files =
        spec.role == role && spec.connection_family.empty() && spec.find("path") != nullptr;
    if (!moves_files) continue;
    const std::string kind = name.substr(name.find('.') + 1);
    kinds.push_back(kind.substr(0, kind.size() - suffix.size()));
  }
  return kinds;
}

std::string file_kind(std::string_view path) {
  constexpr std::array<std::string_view, 2> kPacked{".gz", ".zst"};
  std::filesystem::path file(path);
  for (const std::string_view ending : kPacked) {
    if (file.extension() == ending) file.replace_extension();
  }
  const std::string ending = file.extension().string();
  return ending.empty() ? "" : ending.substr(1);
}

std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_plain ? c : '_';
  }
  return name;
}

std::string print_pipeline(const std::string& name, const Json& params, const Json& steps) {
  Json pipeline{{"oml_version", "0.1.0"}, {"name", name}};
  if (!params.empty()) pipeline["params"] = params;
  pipeline["steps"] = steps;
  return yaml::print(pipeline);
}

}  // namespace osiris
