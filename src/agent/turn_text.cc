#include "agent/turn_text.h"

#include "base/text.h"

namespace osiris {

namespace {

constexpr std::size_t kMostCharacters = 60;

std::string short_value(const Json& value) {
  return shortened(value.is_string() ? value.get<std::string>() : value.dump(), kMostCharacters);
}

}  // namespace

std::string call_line(const std::string& tool, const Json& arguments) {
  std::string line = cat("· ", shortened(tool, kMostCharacters));
  std::string_view before = " ";
  for (const auto& [name, value] : arguments.items()) {
    // Whole pipelines are shown when they are asked for.
    if (name == "text" || name == "edits") continue;
    line += cat(before, name, " ", short_value(value));
    before = ", ";
  }
  return line;
}

std::string answer_line(const Json& answer) {
  if (answer.contains("error") && !answer.contains("valid")) {
    return cat("  error: ", text_of(answer["error"], "code"), ": ", text_of(answer["error"], "message"));
  }
  for (const char* list : {"tables", "connections", "components", "steps", "lines"}) {
    if (!answer.contains(list) || !answer[list].is_array()) continue;
    const std::string_view noun(list);
    return cat("  ", counted(answer[list].size(), noun.substr(0, noun.size() - 1)));
  }
  if (!answer.contains("valid")) return "  done";
  if (answer["valid"] == true) return answer.value("written", false) ? "  valid, written" : "  valid";
  std::string line = cat("  ", counted(answer["errors"].size(), "error"));
  for (const Json& error : answer["errors"]) line += cat("\n  - ", text_of(error, "message"));
  return line;
}

std::string run_text(const Json& outline) {
  std::string text = cat(text_of(outline, "status"), ": ", counted(count_of(outline, "total_rows"), "row"),
                         ", osiris logs show ", text_of(outline, "session"));
  for (const Json& error : outline.value("errors", Json::array()))
    text += cat("\n- ", text_of(error, "message"));
  return text;
}

std::string stop_text(llm::Answer::Stop stop) {
  if (stop == llm::Answer::Stop::kLength) return "(the answer is cut: the model had no room for more)";
  if (stop == llm::Answer::Stop::kRefused) return "(the model or its provider refuses to answer)";
  return "";
}

std::string usage_line(const Conversation& conversation, const Turn& turn) {
  return cat(conversation.folder().id(), " · ", conversation.endpoint().model, " · ",
             with_thousands(turn.usage.input_tokens), " tokens read, ",
             with_thousands(turn.usage.output_tokens), " written");
}

}  // namespace osiris
