#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "compile/manifest.h"
#include "component/registry.h"
#include "project/project.h"
#include "remote/worker_order.h"

namespace osiris::remote {

/// What of a project goes into the sandbox with a manifest, and nothing else does.
struct Luggage {
  std::vector<std::string> files;  ///< that steps read, from the project's folder
  std::vector<ConnectionEntry> connections;
  std::vector<WorkerOrder::Variable> variables;
  std::vector<WorkerOrder::KeptMark> marks;  ///< of incremental reads whose target does not keep them
  std::vector<std::string> targets;          ///< files and folders that steps write
  std::vector<std::string> trees;            ///< folders of partitions that steps write
  bool needs_engine = false;                 ///< a step works with the SQL engine

  /// Errors: kUser "remote.path_outside", "remote.standard_stream", "remote.local_database",
  /// "remote.partitions", "variable.missing", and those of resolving a connection.
  static Luggage pack(const Manifest& manifest, const Project& project, const Registry& registry);
};

}  // namespace osiris::remote
