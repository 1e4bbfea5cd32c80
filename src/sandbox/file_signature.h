#pragma once

#include <cstdint>

#include "base/secret.h"
#include "sandbox/http_head.h"

namespace osiris::sandbox {

/// Whether a request for a file carries a signature that only an owner of the sandbox's token can have made,
/// and that has not expired. Source: E2B's signed URLs, version 1.
bool has_signature(const HttpHead& head, const Secret& token, std::int64_t unix_s);

}  // namespace osiris::sandbox
