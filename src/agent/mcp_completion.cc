#include "agent/mcp_completion.h"

#include <algorithm>

#include "agent/mcp_message.h"
#include "agent/mcp_prompts.h"
#include "agent/mcp_resources.h"
#include "base/file_system.h"
#include "base/text.h"
#include "run/connection_list.h"
#include "session/session_reader.h"

namespace osiris::mcp {

namespace {

/// A project has no more files; what is a walk through half a disk is given up.
constexpr std::size_t kMostFilesSeen = 20'000;

/// Pipelines below the project's folder, without the hidden and what runs left.
std::vector<std::string> pipeline_files(const Project& project) {
  std::vector<std::string> files;
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  fs::recursive_directory_iterator entry(project.folder(), options, ignored);
  for (std::size_t seen = 0; entry != fs::end(entry) && seen < kMostFilesSeen; ++seen) {
    const fs::path& path = entry->path();
    const bool is_hidden = path.filename().string().starts_with('.');
    if (is_hidden || path == project.logs_folder()) {
      entry.disable_recursion_pending();
    } else if (path.extension() == ".oml") {
      files.push_back(path.lexically_relative(project.folder()).string());
    }
    entry.increment(ignored);
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> connection_references(const Project& project, const Registry& registry) {
  std::vector<std::string> references;
  for (const ListedConnection& each : list_connections(project, registry))
    references.push_back(each.reference);
  return references;
}

std::vector<std::string> values_of(Word word, const Project& project, const Registry& registry) {
  switch (word) {
    case Word::kAnything:
      return {};
    case Word::kComponent:
      return registry.names();
    case Word::kConnection:
      return connection_references(project, registry);
    case Word::kPipeline:
      return pipeline_files(project);
    case Word::kSession:
      return session_ids(project.logs_folder());
  }
  return {};
}

std::string text_in(const Json& params, const char* object, const char* name) {
  const Json given = params.value(object, Json());
  if (given.is_object() && given.contains(name) && given[name].is_string()) return given[name];
  throw Refusal{kInvalidParams, cat("'", object, "' must have the text '", name, "'")};
}

Word word_of(const Json& params) {
  const std::string kind = text_in(params, "ref", "type"), argument = text_in(params, "argument", "name");
  if (kind == "ref/prompt") {
    const std::string name = text_in(params, "ref", "name");
    if (const auto word = prompt_word(name, argument)) return *word;
    throw Refusal{kInvalidParams, cat("there is no prompt '", shortened(name, 100), "' with an argument '",
                                      shortened(argument, 100), "'")};
  }
  if (kind != "ref/resource")
    throw Refusal{kInvalidParams, "'ref' must be a prompt or an address of resources"};
  const std::string uri = text_in(params, "ref", "uri");
  if (const auto word = template_word(uri, argument)) return *word;
  throw Refusal{kInvalidParams, cat("no resources have the address '", shortened(uri, 100), "' with a '",
                                    shortened(argument, 100), "'")};
}

}  // namespace

Json complete(const Json& params, const Project& project, const Registry& registry) {
  const std::string typed = text_in(params, "argument", "value");
  std::vector<std::string> values = values_of(word_of(params), project, registry);
  std::erase_if(values, [&](const std::string& value) { return !value.starts_with(typed); });
  const std::size_t total = values.size();
  values.resize(std::min(total, kMostCompletions));
  return {{"completion", {{"values", values}, {"total", total}, {"hasMore", total > values.size()}}}};
}

}  // namespace osiris::mcp
