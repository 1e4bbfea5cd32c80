#pragma once

#include "base/json.h"
#include "component/registry.h"
#include "project/project.h"

namespace osiris::mcp {

/// What an argument of a prompt or of a resource's address names, and so what a beginning of it can become.
enum class Word {
  kAnything,  ///< the person's own words
  kComponent,
  kConnection,
  kPipeline,  ///< its file
  kSession,
};

/// The most values of one answer; the protocol allows no more.
constexpr std::size_t kMostCompletions = 100;

/// Answers completion/complete: the values that begin with what was typed.
/// Throws Refusal where the parameters name no prompt, address or argument of ours.
Json complete(const Json& params, const Project& project, const Registry& registry);

}  // namespace osiris::mcp
