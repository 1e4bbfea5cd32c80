#include "agent/mcp_page.h"

#include <algorithm>

#include "agent/mcp_message.h"

namespace osiris::mcp {

Json page_of(const char* list, const std::vector<std::string>& keys, const Json& params,
             const std::function<Json(std::size_t at)>& entry) {
  std::size_t begin = 0;
  if (params.contains("cursor")) {
    const Json& cursor = params["cursor"];
    const auto last = std::ranges::find_if(keys, [&](const std::string& key) { return cursor == key; });
    if (last == keys.end())
      throw Refusal{kInvalidParams, "the cursor is none of this list, or its entry has gone: begin anew"};
    begin = static_cast<std::size_t>(last - keys.begin()) + 1;
  }
  const std::size_t end = std::min(keys.size(), begin + kPageEntries);
  Json page{{list, Json::array()}};
  for (std::size_t at = begin; at < end; ++at) page[list].push_back(entry(at));
  if (end < keys.size()) page["nextCursor"] = keys[end - 1];
  return page;
}

}  // namespace osiris::mcp
