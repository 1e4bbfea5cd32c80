#pragma once

#include "cli/command.h"

namespace osiris::cli {

/// The answer of `plan`, and of `run --dry-run`.
Answer plan_answer(const Invocation& invocation);

}  // namespace osiris::cli
