#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace osiris {

/// Why a value does not fit a JSON Schema, "'limit' must be an integer, not \"ten\""; nothing where it does.
/// Knows the words that our tools' schemas use: type, properties, required, additionalProperties, items,
/// enum, minimum, maximum, minLength, maxLength, maxItems. Annotations say nothing; any other word is our own
/// bug.
std::optional<std::string> find_misfit(const Json& value, const Json& schema);

}  // namespace osiris
