#pragma once

#include <vector>

#include "cli/command.h"
#include "remote/remote_run.h"

namespace osiris::cli {

/// The options of a run in a sandbox.
const std::vector<Option>& sandbox_run_options();
/// Whether the run is one. Errors: kUser "cli.usage" for options of one that it is not, and for a sandbox
/// that nobody knows.
bool runs_in_sandbox(const Invocation& invocation);
/// Errors: kUser "cli.usage", "variable.missing", "env.syntax", "file.not_found".
remote::RemoteOptions remote_options(const Invocation& invocation, const RunOptions& options);
/// The size that --cpu and --mem, or options of those names, ask for. Errors: kUser "cli.usage".
std::optional<remote::E2bClient::Size> size_option(const Invocation& invocation, const std::string& cpu,
                                                   const std::string& memory);

/// Runs it in E2B, or in a server of sandboxes that is there for this run only.
RunReport run_remotely(const Invocation& invocation, const LoadedManifest& loaded, const RunOptions& options,
                       RunObserver& observer);
/// What a run would send, as text and, as `sends`, in the answer's JSON.
void add_sending(const Invocation& invocation, const LoadedManifest& loaded, const RunOptions& options,
                 Answer& answer);

}  // namespace osiris::cli
