#include "agent/tool.h"

#include <algorithm>

#include "agent/schema_check.h"
#include "base/error.h"
#include "base/text.h"

namespace osiris {

const std::vector<Tool>& all_tools() {
  static const std::vector<Tool> kTools = [] {
    std::vector<Tool> all;
    for (const auto& group : {look_tools(), oml_tools(), run_tools()})
      all.insert(all.end(), group.begin(), group.end());
    return all;
  }();
  return kTools;
}

const Tool* find_tool(std::string_view name) {
  const auto found = std::ranges::find(all_tools(), name, &Tool::name);
  return found == all_tools().end() ? nullptr : &*found;
}

Json call_tool(const Tool& tool, const Json& arguments, ToolContext& context) {
  if (const auto misfit = find_misfit(arguments, tool.input_schema)) {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments", cat("arguments of ", tool.name, ": ", *misfit),
                "call it again with arguments that its schema allows");
  }
  context.cancellation.check();
  Json answer = tool.handle(arguments, context);
  const std::size_t size = answer.dump(-1, ' ', false, Json::error_handler_t::replace).size();
  if (size > kMostAnswerBytes) {
    throw Error(ErrorKind::kUser, "agent.answer_too_large",
                cat("the answer of ", tool.name, " would have ", human_bytes(size)),
                cat("ask for less; an answer has at most ", human_bytes(kMostAnswerBytes)));
  }
  return answer;
}

}  // namespace osiris
