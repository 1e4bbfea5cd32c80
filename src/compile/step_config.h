#pragma once

#include <string>

#include "compile/oml.h"
#include "component/spec.h"

namespace osiris {

/// Checks a step's config against its component's spec and returns the resolved values: canonical names,
/// defaults filled in, keys in the spec's order. `dialect` is the one its SQL fields are written in;
/// `connection` is the family's spec, or null.
/// Findings: "oml.unknown_key", "oml.missing_key", "oml.wrong_type", "oml.invalid_value", "oml.constraint",
/// "oml.inline_secret", "oml.not_read_only", "oml.duplicate_key".
Json check_step_config(const OmlStep& step, const ComponentSpec& spec, const SqlDialect& dialect,
                       const ConnectionSpec* connection, const std::string& file, Diagnostics& diagnostics);

}  // namespace osiris
