#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace osiris::mcp {

/// The entries of one page of a list.
constexpr std::size_t kPageEntries = 50;

/// The page that the parameters' cursor asks for, the first one without, as {list: […], nextCursor}. A cursor
/// is the key of the last entry that the client has, so that entries that come meanwhile shift nothing.
/// Throws Refusal for a cursor that is no key, be it of an entry that has gone.
Json page_of(const char* list, const std::vector<std::string>& keys, const Json& params,
             const std::function<Json(std::size_t at)>& entry);

}  // namespace osiris::mcp
