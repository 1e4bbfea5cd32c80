#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/compiler.h"
#include "project/project.h"
#include "run/run_manifest.h"

namespace osiris {

/// Which pipeline a command means.
struct PipelineRequest {
  std::optional<std::filesystem::path> file;  ///< OML or a manifest; none: the last compile
  std::string shown_file;                     ///< the file as the user typed it
  std::optional<std::string> profile;
  std::vector<std::pair<std::string, std::string>> params;  ///< of --param
  bool accept_edited = false;                               ///< run a manifest whose text was changed
};

/// What reading it gave.
struct PipelineSource {
  std::optional<LoadedManifest> manifest;  ///< absent when the file has errors
  std::string name, file_text;
  std::vector<Finding> findings;     ///< of an OML file, in the order of the file
  std::vector<std::string> notices;  ///< "pipeline.oml has changed since it was compiled"
};

/// Reads and compiles, or reads a manifest back. Writes nothing.
/// Errors: kUser "file.…", "manifest.…", "cli.usage" where parameters are given for a manifest.
PipelineSource load_pipeline(const PipelineRequest& request, const Project& project,
                             const Registry& registry);

/// What a compile came to.
struct CompileReport {
  PipelineSource source;
  std::string session_id;
  std::filesystem::path manifest_path;  ///< in the session
  std::string fingerprint;
  bool is_unchanged = false;  ///< the last compile gave the same manifest
};

/// Compiles an OML file into a session of its own and points .last_compile at it; with errors it writes
/// nothing. `copy_to` gets a copy of the manifest too.
CompileReport compile_pipeline(const PipelineRequest& request,
                               const std::optional<std::filesystem::path>& copy_to, const Project& project,
                               const Registry& registry);

/// Requires: the pipeline compiled. `manifest`: its path as the user knows it.
Json to_json(const CompileReport& report, const std::string& manifest);

}  // namespace osiris
