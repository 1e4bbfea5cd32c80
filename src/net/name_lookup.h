#pragma once

#include <chrono>
#include <string>

#include "base/cancellation.h"

namespace osiris {

enum class NameLookup { kFound, kUnknown, kTimedOut };

/// Asks the resolver whether a host has an address; returns by the deadline or soon after cancel(), even
/// where the name server is silent. The client library's own lookup can do neither, so it comes second.
NameLookup look_up(const std::string& host, std::chrono::steady_clock::time_point deadline,
                   Cancellation& cancellation);

}  // namespace osiris
