#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace osiris {

/// Any value of OML or JSON. Objects keep the order of insertion.
using Json = nlohmann::ordered_json;

/// One line, no spaces, object keys sorted by bytes, UTF-8 unescaped: equal values have equal texts.
std::string canonical_json(const Json& value);

}  // namespace osiris
