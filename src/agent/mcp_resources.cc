#include "agent/mcp_resources.h"

#include <algorithm>

#include "agent/aiop.h"
#include "agent/mcp_page.h"
#include "base/text.h"
#include "compile/oml_schema.h"
#include "component/description.h"
#include "session/session_reader.h"

namespace osiris::mcp {

namespace {

constexpr std::string_view kSchema = "osiris://oml/schema";
constexpr std::string_view kComponents = "osiris://components/";
constexpr std::string_view kSessions = "osiris://sessions/";

Json resource(const std::string& uri, const std::string& name, const std::string& description) {
  return {{"uri", uri}, {"name", name}, {"description", description}, {"mimeType", "application/json"}};
}

/// Resources whose addresses have a word in the place of {argument}.
struct Template {
  std::string_view prefix;
  std::string name, description, argument;
  Word word;

  std::string uri() const { return cat(prefix, "{", argument, "}"); }
};

const std::vector<Template>& templates() {
  static const std::vector<Template> kTemplates{
      {kComponents, "component", "A component's config as JSON Schema", "name", Word::kComponent},
      {kSessions, "session", "A run as one bounded package", "id", Word::kSession},
  };
  return kTemplates;
}

/// A session that is there by exactly this id.
std::optional<Json> read_session(const std::string& id, const Project& project) {
  const std::vector<std::string> ids = session_ids(project.logs_folder());
  if (std::ranges::find(ids, id) == ids.end()) return std::nullopt;
  return session_package(project.logs_folder() / id);
}

}  // namespace

Json list_resources(const Json& params, const Project& project, const Registry& registry) {
  std::vector<std::string> uris{std::string(kSchema)};
  for (const std::string& name : registry.names()) uris.push_back(cat(kComponents, name));
  for (const std::string& id : session_ids(project.logs_folder())) uris.push_back(cat(kSessions, id));
  return page_of("resources", uris, params, [&](std::size_t at) {
    const std::string& uri = uris[at];
    if (uri == kSchema) return resource(uri, "OML schema", "JSON Schema of a pipeline file");
    if (uri.starts_with(kComponents)) {
      const std::string name = uri.substr(kComponents.size());
      return resource(uri, name, registry.find(name)->spec.title);
    }
    const SessionSummary session = read_summary(project.logs_folder() / uri.substr(kSessions.size()));
    return resource(uri, session.id,
                    cat(session.kind, " of ", session.pipeline, ", ", to_string(session.status)));
  });
}

Json list_resource_templates(const Json& params) {
  std::vector<std::string> uris;
  for (const Template& each : templates()) uris.push_back(each.uri());
  return page_of("resourceTemplates", uris, params, [&](std::size_t at) {
    const Template& each = templates()[at];
    return Json{{"uriTemplate", uris[at]},
                {"name", each.name},
                {"description", each.description},
                {"mimeType", "application/json"}};
  });
}

std::optional<Word> template_word(const std::string& uri, const std::string& argument) {
  for (const Template& each : templates()) {
    if (each.uri() == uri && each.argument == argument) return each.word;
  }
  return std::nullopt;
}

std::optional<Json> read_resource(const std::string& uri, const Project& project, const Registry& registry) {
  std::optional<Json> document;
  if (uri == kSchema) document = oml_schema(registry);
  if (uri.starts_with(kComponents)) {
    const RegisteredComponent* component = registry.find(uri.substr(kComponents.size()));
    if (component != nullptr) document = description_json(component->spec, registry);
  }
  if (uri.starts_with(kSessions)) document = read_session(uri.substr(kSessions.size()), project);
  if (!document) return std::nullopt;
  const std::string text = document->dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::array({{{"uri", uri}, {"mimeType", "application/json"}, {"text", text}}});
}

}  // namespace osiris::mcp
