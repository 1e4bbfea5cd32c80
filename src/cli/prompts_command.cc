#include "agent/prompts.h"
#include "base/text.h"
#include "cli/command.h"

namespace osiris::cli {

namespace {

std::filesystem::path folder_of(const Invocation& invocation) {
  return (invocation.working_directory() / invocation.arguments().front()).lexically_normal();
}

Answer export_them(const Invocation& invocation) {
  Answer answer;
  answer.json = {{"files", Json::array()}};
  for (const std::filesystem::path& path : export_prompts(folder_of(invocation))) {
    answer.text += cat(invocation.shown(path), "\n");
    answer.json["files"].push_back(invocation.shown(path));
  }
  return answer;
}

Answer use_them(const Invocation& invocation) {
  const bool has_folder = !invocation.arguments().empty();
  use_prompts(invocation.project(), has_folder ? std::optional(folder_of(invocation)) : std::nullopt);
  const std::string folder = prompts_folder(invocation.project());
  Answer answer;
  answer.text = folder.empty() ? "conversations use the prompts that are built in\n"
                               : cat("conversations use the prompts of ", folder, "\n");
  answer.json = {{"folder", folder.empty() ? Json() : Json(folder)}};
  return answer;
}

}  // namespace

std::vector<Command> prompts_commands() {
  return {{"prompts export",
           "DIR",
           1,
           1,
           "Write what a model is told before a conversation into a folder",
           {{"osiris prompts export prompts", "system.md, oml.md and questions.md, to be changed"}},
           {},
           export_them},
          {"prompts use",
           "[DIR]",
           0,
           1,
           "Let conversations use a folder's prompts, or those that are built in",
           {{"osiris prompts use prompts", "from now on, in this project"},
            {"osiris prompts use", "the built-in ones again"}},
           {},
           use_them}};
}

}  // namespace osiris::cli
