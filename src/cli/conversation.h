#pragma once

#include <memory>

#include "agent/guided.h"
#include "cli/command.h"

namespace osiris::cli {

/// The person before this process: on a terminal with line editing and menus, else line by line. With --json
/// the conversation is on stderr, for stdout has the document.
std::unique_ptr<Dialog> open_dialog(const Invocation& invocation);

/// Shows how a run goes where stderr is a terminal.
RunWatch watch_on_terminal();

/// What a guided conversation came to. A pipeline that was not written ends with 1, an interruption with 130.
Answer guided_answer(const GuidedOutcome& outcome);

}  // namespace osiris::cli
