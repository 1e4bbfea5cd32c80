#pragma once

#include <optional>

#include "llm/endpoint.h"
#include "project/project.h"

namespace osiris {

/// The model that osiris.yaml names (`llm: {provider, model, base_url, tools,
/// questions}`), else that of the first
/// provider whose key is set; nothing where there is none. A server at a base_url of one's own may want no
/// key. A key is not sent over plain HTTP to another machine. Errors: kUser "llm.unknown_provider";
/// "llm.no_key" where the provider that was named wants one; "llm.no_model" where a base_url is given without
/// a model.
std::optional<llm::Endpoint> choose_model(const Project& project);

/// The variables that may have a key, for whoever has none: "OPENAI_API_KEY, …".
std::string names_of_keys();

}  // namespace osiris
