#include "agent/prompts.h"

#include <algorithm>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"

namespace osiris {

std::string_view chat_system_md_text();
std::string_view chat_oml_md_text();
std::string_view chat_questions_md_text();

namespace {

constexpr const char* kChoice = ".osiris/prompts";
constexpr const char* kQuestions = "questions.md";

fs::path choice_file(const Project& project) { return project.folder() / kChoice; }

bool has_prompt(const fs::path& folder) {
  return std::ranges::any_of(
      built_in_prompts(), [&](const SystemPrompt& each) { return fs::is_regular_file(folder / each.name); });
}

void require_prompts(const fs::path& folder) {
  if (has_prompt(folder)) return;
  throw Error(
      ErrorKind::kUser, "agent.no_prompts", cat("the folder has no prompts: '", folder.string(), "'"),
      "osiris prompts export DIR writes them, osiris prompts use goes back to those that are built in");
}

/// The text that conversations of a project use.
std::string text_of_prompt(const SystemPrompt& prompt, const Project& project) {
  const std::string chosen = prompts_folder(project);
  if (chosen.empty()) return prompt.text;
  const fs::path folder = project.folder() / chosen;
  require_prompts(folder);
  return read_file_if_exists(folder / prompt.name).value_or(prompt.text);
}

}  // namespace

const std::vector<SystemPrompt>& built_in_prompts() {
  static const std::vector<SystemPrompt> kPrompts{{"system.md", std::string(chat_system_md_text())},
                                                  {"oml.md", std::string(chat_oml_md_text())},
                                                  {kQuestions, std::string(chat_questions_md_text())}};
  return kPrompts;
}

std::vector<fs::path> export_prompts(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const SystemPrompt& prompt : built_in_prompts()) {
    paths.push_back(folder / prompt.name);
    const auto there = read_file_if_exists(paths.back());
    if (there && *there != prompt.text) {
      throw Error(ErrorKind::kUser, "agent.prompts_exist",
                  cat("a prompt is there and was changed: '", paths.back().string(), "'"),
                  "give another folder, or remove the file");
    }
  }
  make_folders(folder);
  for (std::size_t at = 0; at < paths.size(); ++at)
    write_file_atomically(paths[at], built_in_prompts()[at].text);
  return paths;
}

void use_prompts(const Project& project, const std::optional<fs::path>& folder) {
  const fs::path choice = choice_file(project);
  if (!folder) {
    std::error_code ignored;
    fs::remove(choice, ignored);
    return;
  }
  require_prompts(*folder);
  make_folders(choice.parent_path());
  const fs::path relative = folder->lexically_relative(project.folder());
  const bool is_inside = !relative.empty() && *relative.begin() != "..";
  write_file_atomically(choice, cat((is_inside ? relative : *folder).string(), "\n"));
}

std::string prompts_folder(const Project& project) {
  return std::string(trim(read_file_if_exists(choice_file(project)).value_or("")));
}

std::string system_prompt(const Project& project) {
  std::string whole;
  for (const SystemPrompt& prompt : built_in_prompts()) {
    if (prompt.name == kQuestions) continue;
    whole += cat(whole.empty() ? "" : "\n", text_of_prompt(prompt, project));
  }
  return whole;
}

std::string questions_prompt(const Project& project) {
  return text_of_prompt(built_in_prompts().back(), project);
}

}  // namespace osiris
