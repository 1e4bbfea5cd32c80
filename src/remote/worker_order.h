#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "project/connections.h"
#include "project/project.h"
#include "run/run_options.h"

namespace osiris::remote {

/// What the host orders of a worker. It has secrets, and goes nowhere but into the worker's standard input.
struct WorkerOrder {
  struct Variable {
    std::string name;
    Secret value;
    std::string origin;
  };

  std::int64_t session_ms = 0;  ///< the number in the session's name
  std::string folder;           ///< of the project in the sandbox, with the files of its steps
  std::string manifest;
  std::string shown_path;                    ///< of the manifest, as the user knows it
  std::vector<ConnectionEntry> connections;  ///< those that the manifest names, before ${…} is replaced
  std::vector<Variable> variables;           ///< that they and the steps name
  ProjectSettings settings;
  RunOptions options;  ///< without `resume` and `relayed`
};

/// One line, with its end.
std::string to_line(const WorkerOrder& order);
/// Errors: kUser "worker.order".
WorkerOrder parse_order(const std::string& line);

}  // namespace osiris::remote
