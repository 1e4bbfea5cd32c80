#pragma once

#include <optional>
#include <string>

#include "agent/mcp_completion.h"
#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

/// What a client may read without calling a tool.
namespace osiris::mcp {

/// One page of them; see page_of(). Sessions come last, the newest first.
Json list_resources(const Json& params, const Project& project, const Registry& registry);
Json list_resource_templates(const Json& params);
/// What a word in the address of a template names; nothing where there is no such template or word.
std::optional<Word> template_word(const std::string& uri, const std::string& argument);
/// The contents behind osiris://oml/schema, osiris://components/NAME, osiris://sessions/ID; nothing where
/// there is none.
std::optional<Json> read_resource(const std::string& uri, const Project& project, const Registry& registry);

}  // namespace osiris::mcp
