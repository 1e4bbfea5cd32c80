#pragma once

#include <string>

#include "base/secret.h"

namespace osiris::llm {

/// Where a model is and who asks.
struct Endpoint {
  std::string provider;  ///< openai, anthropic, gemini
  std::string base_url;  ///< without a slash at its end
  std::string model;
  Secret key{};               ///< empty: the server wants none
  std::string key_name{};     ///< the variable that has it, or would
  bool calls_tools = true;    ///< else it says in JSON what it wants
  bool only_answers = false;  ///< it answers questions in the person's place, and does nothing else
};

}  // namespace osiris::llm
