#include "agent/model_choice.h"

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "llm/provider.h"

namespace osiris {

namespace {

const llm::Provider& named_provider(const std::string& name) {
  static const std::map<std::string, std::string> kAliases{{"claude", "anthropic"}, {"google", "gemini"}};
  const auto alias = kAliases.find(name);
  const llm::Provider* provider = llm::find_provider(alias == kAliases.end() ? name : alias->second);
  if (provider != nullptr) return *provider;
  std::vector<std::string> names;
  for (const llm::Provider* each : llm::all_providers()) names.emplace_back(each->name());
  throw Error(ErrorKind::kUser, "llm.unknown_provider",
              cat("llm.provider in osiris.yaml is none that is known: '", name, "'"),
              suggestion(name, names));
}

/// Puts the key into the endpoint, with the name of its variable.
void find_key(const llm::Provider& provider, const Environment& environment, llm::Endpoint& endpoint) {
  endpoint.key_name = provider.key_names().front();
  for (const std::string& name : provider.key_names()) {
    const Environment::Variable* variable = environment.find(name);
    if (variable == nullptr) continue;
    endpoint.key_name = name;
    endpoint.key = variable->value;
    return;
  }
}

/// Whether what is sent there can be read on the way.
bool is_open_road(const std::string& url) {
  if (!url.starts_with("http://")) return false;
  const std::string host = url.substr(7, url.find_first_of("/?#", 7) - 7);
  for (const std::string_view own : {"localhost", "127.0.0.1", "[::1]"}) {
    if (host == own || host.starts_with(cat(own, ":"))) return false;
  }
  return true;
}

llm::Endpoint endpoint_of(const llm::Provider& provider, const Project& project) {
  const ModelSettings& settings = project.settings().model;
  llm::Endpoint endpoint;
  endpoint.provider = provider.name();
  endpoint.base_url = settings.base_url.empty() ? std::string(provider.usual_base_url()) : settings.base_url;
  endpoint.model = settings.model;
  endpoint.calls_tools = settings.calls_tools;
  endpoint.only_answers = settings.only_answers;
  find_key(provider, project.environment(), endpoint);
  return endpoint;
}

}  // namespace

std::optional<llm::Endpoint> choose_model(const Project& project) {
  const ModelSettings& settings = project.settings().model;
  if (settings.provider.empty() && settings.base_url.empty()) {
    for (const llm::Provider* provider : llm::all_providers()) {
      llm::Endpoint endpoint = endpoint_of(*provider, project);
      if (endpoint.key.empty()) continue;
      if (endpoint.model.empty()) endpoint.model = provider->usual_model();
      return endpoint;
    }
    return std::nullopt;
  }
  const llm::Provider& provider =
      settings.provider.empty() ? llm::openai_provider() : named_provider(settings.provider);
  llm::Endpoint endpoint = endpoint_of(provider, project);
  if (settings.base_url.empty()) {
    if (endpoint.key.empty()) {
      throw Error(
          ErrorKind::kUser, "llm.no_key",
          cat("the provider '", provider.name(), "' wants a key, and ", endpoint.key_name, " is not set"),
          cat("export ", endpoint.key_name, " or write it into .env"));
    }
    if (endpoint.model.empty()) endpoint.model = provider.usual_model();
  }
  if (endpoint.model.empty()) {
    throw Error(ErrorKind::kUser, "llm.no_model", cat("no model is named for ", endpoint.base_url),
                "set llm.model in osiris.yaml");
  }
  if (is_open_road(endpoint.base_url)) endpoint.key = Secret();
  return endpoint;
}

std::string names_of_keys() {
  std::vector<std::string> names;
  for (const llm::Provider* provider : llm::all_providers()) names.push_back(provider->key_names().front());
  return join(names, ", ");
}

}  // namespace osiris
