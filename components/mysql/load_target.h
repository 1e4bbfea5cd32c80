#pragma once

#include <memory>

#include "component/component.h"
#include "load/load_target.h"

namespace osiris::mysql {

/// Connects to the server of the context as the target of a load. `is_preview`: the server refuses writes.
/// Errors: kConnection; kUser "load.road_unavailable" for a `road` that the server does not have.
std::unique_ptr<LoadTarget> open_load_target(const Config& config, Context& context, bool is_preview = false);

}  // namespace osiris::mysql
