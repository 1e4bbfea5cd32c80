#include "llm/provider.h"

#include <algorithm>

#include "base/text.h"

namespace osiris::llm {

const std::vector<const Provider*>& all_providers() {
  static const std::vector<const Provider*> kProviders{&openai_provider(), &anthropic_provider(),
                                                       &gemini_provider()};
  return kProviders;
}

const Provider* find_provider(std::string_view name) {
  const auto& all = all_providers();
  const auto found =
      std::ranges::find_if(all, [&](const Provider* provider) { return provider->name() == name; });
  return found == all.end() ? nullptr : *found;
}

void read_arguments(const std::string& text, ToolCall& call) {
  if (is_blank(text)) return;
  const Json arguments = Json::parse(text, nullptr, false);
  if (arguments.is_object()) {
    call.arguments = arguments;
  } else {
    call.flaw = cat("the arguments are no JSON object: ", shortened(text, 200));
  }
}

}  // namespace osiris::llm
