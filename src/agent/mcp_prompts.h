#pragma once

#include <optional>
#include <string>

#include "agent/mcp_completion.h"
#include "base/json.h"

/// The prompts that a client may offer to a person.
namespace osiris::mcp {

/// One page of them; see page_of().
Json list_prompts(const Json& params);
/// The messages of a prompt; nothing where there is none of this name.
/// Errors: kUser "agent.invalid_arguments" for an argument that is missing or is no text.
std::optional<Json> get_prompt(const std::string& name, const Json& arguments);
/// What an argument of a prompt is; nothing where there is no such prompt or argument.
std::optional<Word> prompt_word(const std::string& prompt, const std::string& argument);

}  // namespace osiris::mcp
