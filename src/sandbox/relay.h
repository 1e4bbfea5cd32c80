#pragma once

#include <cstdint>
#include <optional>

#include "sandbox/http_exchange.h"

namespace osiris::sandbox {

/// Where an answer breaks off, for tests of those who read it.
struct RelayCut {
  std::optional<std::uint64_t> after_frames;  ///< of Connect's streams
  std::optional<std::uint64_t> after_bytes;
};

/// Passes a request on to a sandbox's agent, at the other end of the socket `agent`, and the answer back,
/// piece by piece as they come: neither is ever whole in memory. Secrets of the request's head stay here. An
/// answer that breaks off is broken for the client, too; one whose client goes is given up. False where the
/// agent gave no answer, so that the caller may say so. Errors: kConnection where the client goes away.
bool relay(HttpExchange& exchange, int agent, const RelayCut& cut);

}  // namespace osiris::sandbox
