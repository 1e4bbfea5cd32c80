#pragma once

#include <optional>

#include "llm/message.h"

/// Tools for models that cannot call any: they say in JSON what they want, by a schema where the server holds
/// them to one.
namespace osiris::llm {

/// The same request without tools: they are told in the system prompt, calls and results are in the messages'
/// texts, and the answer has a schema.
ModelRequest spoken_request(const ModelRequest& request);

/// The answer with the call that its text wants; nothing where the text is no such JSON.
std::optional<Answer> heard_answer(const Answer& answer);

/// What a model is told that answered in another form.
constexpr std::string_view kSpeakJson =
    "That was no JSON object. Answer with one JSON object: {\"say\": …, \"tool\": …, \"arguments\": {…}}";

}  // namespace osiris::llm
