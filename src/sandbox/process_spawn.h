#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/descriptor.h"

namespace osiris::sandbox {

/// Two ends of a pipe, neither of which another program inherits.
struct PipePair {
  Descriptor read, write;
};
/// Errors: kInternal "system.process".
PipePair make_pipe_pair();

/// A pseudo terminal: our end, and the name of the program's.
struct PseudoTerminal {
  Descriptor descriptor;
  std::string name;
};
/// Errors: kInternal "system.process".
PseudoTerminal make_pseudo_terminal();

/// How a program begins.
struct SpawnRequest {
  std::vector<std::string> command;      ///< the first is looked for in the PATH of `environment`
  std::vector<std::string> environment;  ///< NAME=value
  std::string folder;
  int input = -1, output = -1, errors = -1;  ///< its descriptors 0 to 2; -1 for an input of /dev/null
  std::string terminal;                      ///< instead of them: a terminal that it has for its own
};

/// Starts a program as the leader of a process group, with a terminal of a session. One that is not there, or
/// is none, is started by a shell, which says so and ends with code 127 or 126.
/// Errors: kInternal "system.process".
pid_t spawn_program(const SpawnRequest& request);

}  // namespace osiris::sandbox
