#include "cli/help.h"

#include <algorithm>

#include "base/text.h"

namespace osiris::cli {

namespace {

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 1, ' ');
}

std::string command_lines(const std::vector<Command>& commands, const std::string& prefix) {
  std::size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.name.size() + 2);
  std::string text;
  for (const Command& command : commands) {
    if (command.name.starts_with(prefix) && !command.is_hidden)
      text += cat("  ", padded(command.name, width), command.summary, "\n");
  }
  return text;
}

std::string spelled(const Option& option) {
  std::string text = option.name;
  for (const std::string& alias : option.aliases) text += ", " + alias;
  return option.value.empty() ? text : text + " " + option.value;
}

}  // namespace

std::string program_help(const std::vector<Command>& commands) {
  return cat(
      "Move rows from where they are to where they belong: pipelines in YAML, compiled, run and recorded.\n\n"
      "Start here:\n"
      "  osiris init shop && cd shop       make a project that runs at once\n"
      "  osiris compile pipeline.oml       check it and write its manifest\n"
      "  osiris run --last-compile         run it\n"
      "  osiris logs last                  see what happened\n\n"
      "Commands:\n",
      command_lines(commands, ""),
      "\nosiris COMMAND --help shows examples and options. osiris --version prints the version.\n");
}

std::string group_help(const std::string& group, const std::vector<Command>& commands) {
  return cat("Commands of osiris ", group, ":\n", command_lines(commands, group + " "));
}

std::string command_help(const Command& command, const std::vector<Option>& common_options) {
  std::string text = cat(command.summary, "\n\nExamples:\n");
  std::size_t width = 0;
  for (const auto& [line, meaning] : command.examples) width = std::max(width, line.size() + 2);
  for (const auto& [line, meaning] : command.examples) text += cat("  ", padded(line, width), meaning, "\n");
  text += cat("\nUsage: osiris ", command.name, command.arguments.empty() ? "" : " ", command.arguments,
              " [OPTIONS]\n\nOptions:\n");
  std::vector<Option> options = command.options;
  options.insert(options.end(), common_options.begin(), common_options.end());
  width = 0;
  for (const Option& option : options) width = std::max(width, spelled(option).size() + 2);
  for (const Option& option : options) text += cat("  ", padded(spelled(option), width), option.help, "\n");
  return text;
}

}  // namespace osiris::cli
