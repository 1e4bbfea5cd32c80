#pragma once

#include <string>

#include "agent/answering_model.h"
#include "agent/tool.h"

namespace osiris {

/// What came of a model's answers.
struct AnsweredDraft {
  Json arguments;  ///< of the tool oml_draft, as it was last called
  Json verdict;    ///< what the tool answered
};

/// How often a model answers anew what led to a wrong draft.
constexpr int kMostRepairs = 3;

/// Has a model answer the questions of a guided conversation and makes the pipeline of its answers, on the
/// desk of the context. Where it is found wrong, all is asked again with what was found.
/// Requires: the context has a desk. Errors: kUser "agent.model_loops" where the model answers in no form
/// that was asked for, or questions without end; those of the tool and of `ask`.
AnsweredDraft draft_by_answers(const std::string& request, const std::string& path,
                               const AnsweringModel::Ask& ask, const AnsweringModel::Hear& hear,
                               ToolContext& context);

}  // namespace osiris
