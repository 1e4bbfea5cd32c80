#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "remote/e2b_client.h"

namespace osiris::remote {

/// What a sandbox says of the run that it was made for.
inline constexpr const char* kRunKey = "osiris.run";
inline constexpr const char* kHostKey = "osiris.host";
inline constexpr const char* kStartedKey = "osiris.started";

/// Of a run of this process.
std::map<std::string, std::string> metadata_of_run(const std::string& session_id);
/// Whether the process that a sandbox was made for is surely gone: one of this machine, since it was started.
bool is_abandoned(const E2bClient::Facts& sandbox);
/// The sandboxes of the account that runs were made for.
std::vector<E2bClient::Facts> sandboxes_of_runs(E2bClient& client);

/// Tries what a run needs, with a sandbox that is gone when it returns: what was looked at, and what was
/// found. Errors: those of E2bClient and EnvdClient; kConnection "remote.old_system".
std::vector<std::pair<std::string, std::string>> examine_account(const E2bAccount& account,
                                                                 Cancellation& cancellation);

}  // namespace osiris::remote
