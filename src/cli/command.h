#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris::cli {

/// One flag of a command.
struct Option {
  std::string name;   ///< "--profile"
  std::string value;  ///< "NAME" where it takes a value; empty: a switch
  std::string help;
  std::vector<std::string> aliases;  ///< other spellings that mean the same
  bool is_repeatable = false;
};

/// What a command says: the answer for stdout in both forms, and messages for stderr.
struct Answer {
  int exit_code = 0;
  std::string text;
  std::string messages;
  Json json = Json::object();
  /// A thread is stuck in the system; the process must end without waiting for it.
  bool must_leave_at_once = false;
};

/// A command as it was called, and the world that it may look at.
class Invocation {
 public:
  Invocation(std::map<std::string, std::vector<std::string>> options, std::vector<std::string> arguments,
             std::filesystem::path working_directory, char** variables);

  bool has(const std::string& option) const { return options_.contains(option); }
  std::optional<std::string> value(const std::string& option) const;
  std::vector<std::string> values(const std::string& option) const;
  /// A count that an option gives. Errors: kUser "cli.usage".
  std::optional<std::uint64_t> count(const std::string& option) const;
  const std::vector<std::string>& arguments() const { return arguments_; }
  const std::filesystem::path& working_directory() const { return working_directory_; }
  bool is_json() const { return has("--json"); }

  /// Opened when it is first asked for.
  const Project& project() const;
  const Registry& registry() const { return registry_; }
  /// The same, opened anew: the files may have changed.
  Project open_project() const;
  /// A path relative to the project's folder where it lies below it.
  std::string shown(const std::filesystem::path& path) const;

 private:
  std::map<std::string, std::vector<std::string>> options_;
  std::vector<std::string> arguments_;
  std::filesystem::path working_directory_;
  char** variables_;
  Registry registry_;
  mutable std::optional<Project> project_;
};

/// A row of the command table.
struct Command {
  std::string name;       ///< "logs list"
  std::string arguments;  ///< "FILE", "[DIR]"; for the usage line
  std::size_t least_arguments = 0, most_arguments = 0;
  std::string summary;
  std::vector<std::pair<std::string, std::string>> examples;  ///< command line, what it does
  std::vector<Option> options;
  std::function<Answer(const Invocation&)> run;
  bool is_hidden = false;  ///< for those who build the program; help does not list it
};

/// Every command, in the order of a newcomer's day.
const std::vector<Command>& all_commands();
/// The options that every command has.
const std::vector<Option>& common_options();

std::vector<Command> init_commands();
std::vector<Command> prompts_commands();
std::vector<Command> new_commands();
std::vector<Command> chat_commands();
std::vector<Command> compile_commands();
std::vector<Command> plan_commands();
std::vector<Command> run_commands();
std::vector<Command> state_commands();
std::vector<Command> oml_commands();
std::vector<Command> connection_commands();
std::vector<Command> install_commands();
std::vector<Command> component_commands();
std::vector<Command> discover_commands();
std::vector<Command> explain_commands();
std::vector<Command> mcp_commands();
std::vector<Command> log_list_commands();
std::vector<Command> log_show_commands();
std::vector<Command> log_compare_commands();
std::vector<Command> log_bundle_commands();
std::vector<Command> log_export_commands();
std::vector<Command> log_gc_commands();
std::vector<Command> log_package_commands();
std::vector<Command> report_commands();
std::vector<Command> sandbox_commands();
std::vector<Command> sandbox_agent_commands();
std::vector<Command> e2b_commands();
std::vector<Command> worker_commands();
std::vector<Command> docs_commands();

/// The whole program: reads the command line, runs the command, prints its answer. Returns the exit code;
/// `must_leave_at_once` as in Answer.
int run_program(std::span<char*> arguments, char** variables, bool& must_leave_at_once);

}  // namespace osiris::cli
