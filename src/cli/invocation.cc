#include "base/text.h"
#include "cli/command.h"

namespace osiris::cli {

Invocation::Invocation(std::map<std::string, std::vector<std::string>> options,
                       std::vector<std::string> arguments, std::filesystem::path working_directory,
                       char** variables)
    : options_(std::move(options)),
      arguments_(std::move(arguments)),
      working_directory_(std::move(working_directory)),
      variables_(variables) {}

std::optional<std::string> Invocation::value(const std::string& option) const {
  const auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Invocation::values(const std::string& option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::uint64_t> Invocation::count(const std::string& option) const {
  const auto text = value(option);
  if (!text) return std::nullopt;
  const auto number = parse_integer(*text);
  if (!number || *number < 0) {
    throw Error(ErrorKind::kUser, "cli.usage", cat(option, " takes a whole number, not '", *text, "'"));
  }
  return static_cast<std::uint64_t>(*number);
}

const Project& Invocation::project() const {
  if (!project_) project_ = open_project();
  return *project_;
}

Project Invocation::open_project() const {
  std::optional<std::filesystem::path> folder;
  if (const auto named = value("--project")) folder = working_directory_ / *named;
  return Project::open(working_directory_, folder, Environment::of_process(variables_));
}

std::string Invocation::shown(const std::filesystem::path& path) const {
  const auto relative = path.lexically_relative(project().folder());
  const bool is_below = !relative.empty() && *relative.begin() != "..";
  return is_below ? relative.string() : path.string();
}

}  // namespace osiris::cli
