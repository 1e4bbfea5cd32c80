#pragma once

#include "base/json.h"
#include "component/registry.h"

namespace osiris {

/// JSON Schema (draft 2020-12) of a pipeline file, with the config of every component as the alternative that
/// the step's `component` picks. It describes what one file can tell: whether connections, steps and SQL are
/// what they must be, only compile() says.
Json oml_schema(const Registry& registry);

}  // namespace osiris
