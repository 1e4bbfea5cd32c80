#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "remote/e2b_account.h"
#include "remote/e2b_client.h"
#include "run/run_manifest.h"

namespace osiris::remote {

struct RemoteOptions {
  RunOptions run;
  std::string template_name = "base";
  std::optional<E2bClient::Size> size{};  ///< of the template, which is made where there is none
  std::chrono::seconds timeout{900};      ///< of the whole run
};

/// Runs a manifest in a sandbox, as run_manifest() runs it here: the same program, started there, leaves the
/// same events, measurements and files in a session of this machine. The sandbox is gone when it returns.
///
/// Returns for every end of a run; throws only what kept the session from being made.
RunReport run_in_sandbox(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                         const RemoteOptions& options, const E2bAccount& account);

}  // namespace osiris::remote
