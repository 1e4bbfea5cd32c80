#pragma once

#include <cstdint>

#include "session/session.h"

namespace osiris {

/// A clock that stands, at milliseconds since 1970.
inline Clock clock_at(std::int64_t at_ms) {
  return [at_ms] { return at_ms; };
}

}  // namespace osiris
