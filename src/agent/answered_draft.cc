#include "agent/answered_draft.h"

#include "agent/guided_questions.h"
#include "agent/prompts.h"
#include "base/text.h"

namespace osiris {

namespace {

/// What was found against the pipeline that came of the answers before.
std::string findings_text(const AnsweredDraft& refused) {
  std::string text = "Earlier answers were wrong:\n";
  for (const Json& error : refused.verdict["errors"])
    text += cat("- ", text_of(error, "message"), " ", text_of(error, "hint"), "\n");
  return cat(text, "\n");
}

}  // namespace

AnsweredDraft draft_by_answers(const std::string& request, const std::string& path,
                               const AnsweringModel::Ask& ask, const AnsweringModel::Hear& hear,
                               ToolContext& context) {
  const std::string prompt = questions_prompt(context.project);
  AnsweredDraft draft;
  for (int repairs = 0;; ++repairs) {
    AnsweringModel model(prompt, request, context.project, ask, hear, context.cancellation);
    if (repairs > 0) model.remember(text_of(draft.arguments, "text"), findings_text(draft));
    GuidedSights sights(model, context.project, context.registry);
    Journal journal(model);
    GuidedQuestions questions(journal, sights, context.project, context.registry);
    if (!questions.ask_steps()) {
      throw Error(ErrorKind::kUser, "agent.model_loops", "the model did not answer what it was asked",
                  "say more exactly what you want, or choose another model");
    }
    questions.take_usual_names();
    draft.arguments = {{"path", path.empty() ? questions.draft().file : path},
                       {"text", questions.draft().text()}};
    draft.verdict = call_tool(*find_tool("oml_draft"), draft.arguments, context);
    if (draft.verdict["valid"] == true || repairs == kMostRepairs) return draft;
  }
}

}  // namespace osiris
