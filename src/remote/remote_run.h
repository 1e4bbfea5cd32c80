#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "remote/e2b_account.h"
#include "remote/e2b_client.h"
#include "remote/worker_order.h"
#include "remote/worker_parts.h"
#include "run/run_manifest.h"

namespace osiris::remote {

struct RemoteOptions {
  RunOptions run;
  std::string template_name = "base";
  /// Of a template that has this program; it has the name that template_name_of() gives it, and is built
  /// where there is none.
  std::optional<E2bClient::Size> size{};
  std::chrono::seconds timeout{900};  ///< of the whole run
  std::chrono::seconds wait{60};      ///< for a free sandbox, where the account has as many as it may
  std::string execution = "e2b";      ///< what the session says of where it ran
  std::vector<WorkerOrder::Variable> environment{};  ///< given to all that runs there
};

/// "osiris-0123456789ab-4c-4096m": of a template that has this program, of one size.
std::string template_name_of(const WorkerParts& parts, const E2bClient::Size& size);
/// The files of such a template.
std::vector<E2bClient::TemplateFile> template_files_of(const WorkerParts& parts);

/// What a run would send, for a person: names, sizes, and no value of a variable.
/// Errors: those of Luggage::pack().
Json describe_sending(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                      const RemoteOptions& options);

/// Runs a manifest in a sandbox, as run_manifest() runs it here: the same program, started there, leaves the
/// same events, measurements and files in a session of this machine. The sandbox is gone when it returns.
///
/// Returns for every end of a run; throws only what kept the session from being made.
RunReport run_in_sandbox(const LoadedManifest& loaded, const Project& project, const Registry& registry,
                         const RemoteOptions& options, const E2bAccount& account, RunObserver& observer);

}  // namespace osiris::remote
