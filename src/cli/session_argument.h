#pragma once

#include <string>

#include "cli/command.h"

namespace osiris::cli {

/// `--session ID`, which commands that look at one session share.
Option session_option(const std::string& help);

/// The folder of the session that a command names, by --session or as its only argument; a unique beginning
/// of the id is enough. Errors: kUser "session.unknown", "session.ambiguous", "cli.usage".
std::filesystem::path named_session(const Invocation& invocation);
/// The same; where none is named, the newest run's. Errors: also kUser "session.unknown": nothing was run.
std::filesystem::path named_or_newest_session(const Invocation& invocation);
std::filesystem::path newest_run(const Invocation& invocation);

}  // namespace osiris::cli
