#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "project/project.h"

namespace osiris {

/// One of the texts that tell a model what it is there for.
struct SystemPrompt {
  std::string name;  ///< of its file: "system.md"
  std::string text;
};

/// Those that are built in, in the order in which a model reads them.
const std::vector<SystemPrompt>& built_in_prompts();

/// Writes them into a folder, which is made. Returns the paths.
/// Errors: kUser "agent.prompts_exist" where one is there and differs; those of writing files.
std::vector<std::filesystem::path> export_prompts(const std::filesystem::path& folder);

/// Makes conversations of the project use a folder's files; `folder` none: the built-in ones. A file that the
/// folder lacks is the built-in one. Errors: kUser "agent.no_prompts" for a folder without any of them.
void use_prompts(const Project& project, const std::optional<std::filesystem::path>& folder);

/// Where they come from, as it was given; empty: they are built in.
std::string prompts_folder(const Project& project);

/// What a model reads first. Errors: kUser "agent.no_prompts" where the folder is gone.
std::string system_prompt(const Project& project);

/// What a model reads first that only answers questions, with examples. Errors: as system_prompt().
std::string questions_prompt(const Project& project);

}  // namespace osiris
