#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "component/component.h"
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

  /// A mark that the host's project keeps for a step.
  struct KeptMark {
    std::string name;
    std::optional<Mark> mark;  ///< absent: nothing was read yet
  };

  std::int64_t session_ms = 0;  ///< the number in the session's name
  std::string folder;           ///< of the project in the sandbox, with the files of its steps
  std::string manifest;
  std::string shown_path;                    ///< of the manifest, as the user knows it
  std::vector<ConnectionEntry> connections;  ///< those that the manifest names, before ${…} is replaced
  std::vector<Variable> variables;           ///< that they and the steps name
  std::vector<Variable> environment;         ///< that the user gives to all that runs there
  std::vector<KeptMark> marks;
  std::vector<std::string> trees;  ///< folders whose files the worker names when it has written them
  ProjectSettings settings;
  RunOptions options;  ///< without `resume` and `relayed`
};

/// One line, with its end.
std::string to_line(const WorkerOrder& order);
/// Errors: kUser "worker.order".
WorkerOrder parse_order(const std::string& line);

}  // namespace osiris::remote
