#pragma once

#include <string>

#include "cli/command.h"

namespace osiris::cli {

/// Errors: kUser "session.unknown_step" where the session has no such step.
void check_step(const std::filesystem::path& session, const std::string& step_id);

/// What a session tells of one step: how it went, its config, its columns, its events and its log.
/// Errors: as check_step().
Answer show_step(const Invocation& invocation, const std::filesystem::path& session,
                 const std::string& step_id);

}  // namespace osiris::cli
