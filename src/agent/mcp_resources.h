#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

/// What a client may read without calling a tool, and the prompts that it may offer to a person.
namespace osiris::mcp {

/// The sessions that a list has, the newest first.
constexpr std::size_t kMostListedSessions = 100;

Json list_resources(const Project& project, const Registry& registry);
Json list_resource_templates();
/// The contents behind osiris://oml/schema, osiris://components/NAME, osiris://sessions/ID; nothing where
/// there is none.
std::optional<Json> read_resource(const std::string& uri, const Project& project, const Registry& registry);

Json list_prompts();
/// The messages of a prompt; nothing where there is none of this name.
/// Errors: kUser "agent.invalid_arguments" for an argument that is missing or is no text.
std::optional<Json> get_prompt(const std::string& name, const Json& arguments);

}  // namespace osiris::mcp
