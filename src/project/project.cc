#include "project/project.h"

#include "base/file_system.h"
#include "base/text.h"
#include "format/yaml.h"

namespace osiris {

namespace {

constexpr const char* kSettingsFile = "osiris.yaml";
constexpr const char* kConnectionsFile = "osiris_connections.yaml";
constexpr const char* kEnvironmentFile = ".env";

/// The nearest folder upwards that holds the file.
std::optional<fs::path> nearest(const fs::path& start, const char* name) {
  for (fs::path folder = start;; folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / name, ignored)) return folder;
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

bool flag(const yaml::Node::Entry& entry, const std::string& file) {
  if (entry.value.kind != yaml::Node::Kind::kBoolean) {
    throw Error(ErrorKind::kUser, "project.invalid", cat("'", entry.key, "' must be true or false"))
        .at({file, entry.value.line, entry.value.column});
  }
  return entry.value.to_json().get<bool>();
}

/// The value of a section's only key, where the section has it: a flag.
void read_flag(const yaml::Node::Entry& section, const std::string& key, const std::string& file,
               bool& value) {
  for (const auto& option : section.value.entries) {
    if (option.key != key) {
      throw Error(ErrorKind::kUser, "project.unknown_key",
                  cat("unknown key of '", section.key, "': '", option.key, "'"), cat("known: ", key))
          .at({file, option.line, option.column});
    }
    value = flag(option, file);
  }
}

ModelSettings read_model(const yaml::Node::Entry& section, const std::string& file) {
  // Keys of the Python original that mean nothing here.
  static const std::vector<std::string> kForeign{"temperature",    "max_tokens",       "timeout_seconds",
                                                 "fallback_model", "fallback_enabled", "primary"};
  static const std::vector<std::string> kKnown{"provider", "model", "base_url", "tools", "questions"};
  ModelSettings settings;
  for (const auto& option : section.value.entries) {
    if (option.key == "provider") {
      settings.provider = option.value.text;
    } else if (option.key == "model") {
      settings.model = option.value.text;
    } else if (option.key == "base_url") {
      settings.base_url = option.value.text;
    } else if (option.key == "tools") {
      settings.calls_tools = flag(option, file);
    } else if (option.key == "questions") {
      settings.only_answers = flag(option, file);
    } else if (std::find(kForeign.begin(), kForeign.end(), option.key) == kForeign.end()) {
      throw Error(ErrorKind::kUser, "project.unknown_key", cat("unknown key of 'llm': '", option.key, "'"),
                  suggestion(option.key, kKnown))
          .at({file, option.line, option.column});
    }
  }
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  return settings;
}

ProjectSettings read_settings(std::string_view text, const std::string& file) {
  // Sections of the Python original's file that mean nothing here; its projects must open.
  static const std::vector<std::string> kForeign{"version",    "logging",  "output",   "sessions",
                                                 "discovery",  "pipeline", "validate", "validation",
                                                 "filesystem", "ids",      "aiop"};
  static const std::vector<std::string> kKnown{"llm", "logs_dir", "session", "sql"};
  ProjectSettings settings;
  const yaml::Node root = yaml::parse(text, file);
  for (const auto& entry : root.entries) {
    if (entry.key == "logs_dir") {
      settings.logs_folder = entry.value.text;
    } else if (entry.key == "llm") {
      settings.model = read_model(entry, file);
    } else if (entry.key == "sql") {
      read_flag(entry, "allow_external_access", file, settings.allow_external_access);
    } else if (entry.key == "session") {
      read_flag(entry, "value_ranges", file, settings.value_ranges);
    } else if (std::find(kForeign.begin(), kForeign.end(), entry.key) == kForeign.end()) {
      throw Error(ErrorKind::kUser, "project.unknown_key", cat("unknown key: '", entry.key, "'"),
                  suggestion(entry.key, kKnown))
          .at({file, entry.line, entry.column});
    } else if (const yaml::Node* logs = entry.value.find("logs_dir");
               entry.key == "logging" && logs != nullptr) {
      settings.logs_folder = logs->text;
    }
  }
  return settings;
}

}  // namespace

Project Project::open(const fs::path& working_directory, const std::optional<fs::path>& explicit_folder,
                      Environment environment) {
  std::optional<fs::path> home = explicit_folder;
  if (!home) {
    if (const auto variable = environment.plain("OSIRIS_HOME")) home = *variable;
  }
  if (home && !fs::is_directory(*home)) {
    throw Error(ErrorKind::kUser, "project.not_found", cat("no such project folder: '", home->string(), "'"));
  }
  const auto find = [&](const char* name) -> std::optional<fs::path> {
    if (!home) return nearest(working_directory, name);
    return fs::is_regular_file(*home / name) ? home : std::nullopt;
  };
  const auto settings = find(kSettingsFile);
  const auto connections = find(kConnectionsFile);
  const auto variables = find(kEnvironmentFile);

  Project project;
  project.folder_ = fs::absolute(home.value_or(settings.value_or(connections.value_or(working_directory))))
                        .lexically_normal();
  project.environment_ = std::move(environment);
  if (settings) project.settings_ = read_settings(read_file(*settings / kSettingsFile), kSettingsFile);
  if (variables) project.environment_.add_file(kEnvironmentFile, read_file(*variables / kEnvironmentFile));
  if (connections)
    project.connections_ = Connections(kConnectionsFile, read_file(*connections / kConnectionsFile));
  return project;
}

}  // namespace osiris
