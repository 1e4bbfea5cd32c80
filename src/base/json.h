#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

// Compiled once, in json.cc, for all who use it.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace osiris {

/// Any value of OML or JSON. Objects keep the order of insertion.
using Json = nlohmann::ordered_json;

/// One line, no spaces, object keys sorted by bytes, UTF-8 unescaped: equal values have equal texts.
std::string canonical_json(const Json& value);

/// The text of a member; empty where there is none, or it is something else.
std::string text_of(const Json& object, const char* name);
/// A member that counts something; 0 where there is none, or it is something else.
std::uint64_t count_of(const Json& object, const char* name);

}  // namespace osiris
