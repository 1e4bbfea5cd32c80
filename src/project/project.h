#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "project/connections.h"
#include "project/environment.h"

namespace osiris {

/// Which language model `osiris chat` asks; empty texts leave the choice to the keys that are set.
struct ModelSettings {
  std::string provider, model, base_url;
  bool calls_tools = true;    ///< `tools`: the model can call tools
  bool only_answers = false;  ///< `questions`: it answers those of a guided conversation
};

/// What osiris.yaml may set.
struct ProjectSettings {
  std::filesystem::path logs_folder = "logs";
  /// SQL steps may read files, use the network and load extensions.
  bool allow_external_access = false;
  /// A session tells the least and the greatest value of each column of numbers, dates and times.
  bool value_ranges = true;
  ModelSettings model;
};

/// A folder with pipelines: its settings, variables and connections.
///
/// osiris.yaml, osiris_connections.yaml and .env are each looked for in the working directory and then
/// upwards; the project's folder is the one with osiris.yaml, else the one with osiris_connections.yaml,
/// else the working directory. OSIRIS_HOME or an explicit folder ends the search there.
class Project {
 public:
  /// Errors: kUser from reading any of the files, with file and line.
  static Project open(const std::filesystem::path& working_directory,
                      const std::optional<std::filesystem::path>& explicit_folder, Environment environment);

  /// A project whose parts are known.
  Project(std::filesystem::path folder, ProjectSettings settings, Environment environment,
          Connections connections)
      : folder_(std::move(folder)),
        settings_(std::move(settings)),
        environment_(std::move(environment)),
        connections_(std::move(connections)) {}

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path logs_folder() const { return folder_ / settings_.logs_folder; }
  const ProjectSettings& settings() const { return settings_; }
  const Environment& environment() const { return environment_; }
  const Connections& connections() const { return connections_; }

 private:
  Project() = default;

  std::filesystem::path folder_;
  ProjectSettings settings_;
  Environment environment_;
  Connections connections_;
};

}  // namespace osiris
