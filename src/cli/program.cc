#include <iostream>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/messages.h"

namespace osiris::cli {

namespace {

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : all_commands()) {
    if (!command.is_hidden) names.push_back(command.name);
  }
  return names;
}

[[noreturn]] void refuse_usage(const std::string& message, const std::string& hint) {
  throw Error(ErrorKind::kUser, "cli.usage", message, hint);
}

/// What the words of a command line mean.
struct ParsedLine {
  const Command* command = nullptr;  ///< null: no command was named
  std::string group;                 ///< "logs", where only the first word of a command was given
  std::map<std::string, std::vector<std::string>> options;
  std::vector<std::string> arguments;
};

/// Finds the command in the first words that are no options, and takes them out of the line.
void find_command(std::vector<std::string>& words, ParsedLine& line) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < words.size() && places.size() < 2; ++at) {
    if (words[at] == "--project") {
      ++at;
    } else if (!words[at].starts_with('-')) {
      places.push_back(at);
    }
  }
  if (places.empty()) return;
  const auto find = [](const std::string& name) -> const Command* {
    for (const Command& command : all_commands()) {
      if (command.name == name) return &command;
    }
    return nullptr;
  };
  const std::string first = words[places[0]];
  if (places.size() == 2) line.command = find(cat(first, " ", words[places[1]]));
  const bool is_pair = line.command != nullptr;
  if (!is_pair) line.command = find(first);
  if (line.command == nullptr) {
    const bool is_group =
        std::any_of(all_commands().begin(), all_commands().end(),
                    [&](const Command& command) { return command.name.starts_with(first + " "); });
    if (!is_group || places.size() == 2) {
      const std::string named = places.size() == 2 && is_group ? cat(first, " ", words[places[1]]) : first;
      refuse_usage(cat("unknown command: '", named, "'"), suggestion(named, command_names()));
    }
    line.group = first;
  }
  if (is_pair) words.erase(words.begin() + static_cast<std::ptrdiff_t>(places[1]));
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(places[0]));
}

ParsedLine parse_line(std::vector<std::string> words) {
  ParsedLine line;
  find_command(words, line);
  CLI::App parser;
  parser.set_help_flag();
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
  std::vector<Option> options = common_options();
  if (line.command != nullptr) {
    options.insert(options.end(), line.command->options.begin(), line.command->options.end());
  } else {
    options.push_back({"--version", "", "", {}});
  }
  std::vector<std::string> names;
  for (const Option& option : options) {
    names.push_back(option.name);
    std::string spellings = option.name;
    for (const std::string& alias : option.aliases) spellings += "," + alias;
    if (option.value.empty()) {
      parser.add_flag(spellings, switches[option.name]);
    } else {
      CLI::Option* added = parser.add_option(spellings, values[option.name]);
      added->expected(1)->allow_extra_args(false);
      if (option.is_repeatable) {
        added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        added->expected(1, 1000);
      } else {
        added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      }
    }
  }
  parser.add_option("arguments", line.arguments);
  std::reverse(words.begin(), words.end());
  try {
    parser.parse(words);
  } catch (const CLI::ExtrasError&) {
    std::string unknown;
    for (const std::string& word : words) {
      const std::string name = word.substr(0, word.find('='));
      if (name.starts_with("--") && std::find(names.begin(), names.end(), name) == names.end())
        unknown = name;
    }
    refuse_usage(unknown.empty() ? "the command line has words that mean nothing here"
                                 : cat("unknown option: '", unknown, "'"),
                 unknown.empty() ? "see --help" : suggestion(unknown, names));
  } catch (const CLI::ParseError& problem) {
    refuse_usage(problem.what(), "see --help");
  }
  for (auto& [name, given] : values) {
    if (!given.empty()) line.options[name] = given;
  }
  for (const auto& [name, is_given] : switches) {
    if (is_given) line.options[name] = {};
  }
  return line;
}

void check_arguments(const Command& command, const std::vector<std::string>& arguments) {
  if (arguments.size() >= command.least_arguments && arguments.size() <= command.most_arguments) return;
  refuse_usage(cat("usage: osiris ", command.name, command.arguments.empty() ? "" : " ", command.arguments),
               cat("osiris ", command.name, " --help shows examples"));
}

Answer run_line(const ParsedLine& line, char** variables) {
  if (line.options.contains("--version"))
    return {0, cat("osiris ", OSIRIS_VERSION, "\n"), "", {{"version", OSIRIS_VERSION}}};
  const bool wants_help = line.options.contains("--help");
  if (line.command == nullptr) {
    const int exit_code = wants_help || line.group.empty() ? 0 : 2;
    return {exit_code,
            line.group.empty() ? program_help(all_commands()) : group_help(line.group, all_commands()),
            "",
            {{"commands", command_names()}}};
  }
  if (wants_help) {
    return {0,
            command_help(*line.command, common_options()),
            "",
            {{"command", line.command->name}, {"summary", line.command->summary}}};
  }
  check_arguments(*line.command, line.arguments);
  const Invocation invocation(line.options, line.arguments, std::filesystem::current_path(), variables);
  return line.command->run(invocation);
}

}  // namespace

const std::vector<Option>& common_options() {
  static const std::vector<Option> kOptions{
      {"--json", "", "Print one JSON document on stdout, whatever happens", {}},
      {"--project", "DIR", "The project's folder, instead of looking upwards for it", {}},
      {"--help", "", "Print this page", {"-h"}},
  };
  return kOptions;
}

const std::vector<Command>& all_commands() {
  static const std::vector<Command> kCommands = [] {
    std::vector<Command> all;
    for (const auto& group :
         {init_commands(),       new_commands(),           chat_commands(),      compile_commands(),
          plan_commands(),       run_commands(),           state_commands(),     oml_commands(),
          connection_commands(), install_commands(),       component_commands(), discover_commands(),
          explain_commands(),    prompts_commands(),       mcp_commands(),       log_list_commands(),
          log_show_commands(),   log_compare_commands(),   report_commands(),    log_export_commands(),
          log_bundle_commands(), log_package_commands(),   log_gc_commands(),    e2b_commands(),
          sandbox_commands(),    sandbox_agent_commands(), worker_commands(),    docs_commands()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return kCommands;
}

int run_program(std::span<char*> arguments, char** variables, bool& must_leave_at_once) {
  const std::vector<std::string> words(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  const bool is_json = std::find(words.begin(), words.end(), "--json") != words.end();
  Answer answer;
  try {
    answer = run_line(parse_line(words), variables);
  } catch (...) {
    const Error error = as_error(std::current_exception());
    answer.exit_code = exit_code_of(error);
    answer.messages = error_text(error);
    answer.json = {{"error", error_json(error)}};
  }
  must_leave_at_once = answer.must_leave_at_once;
  if (is_json) {
    std::cout << answer.json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    std::cout << answer.text;
  }
  std::cout.flush();
  if (!is_json || answer.exit_code != 0) std::cerr << answer.messages;
  return answer.exit_code;
}

}  // namespace osiris::cli
