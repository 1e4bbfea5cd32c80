#include "agent/draft_trial.h"

#include "base/error_json.h"
#include "base/text.h"
#include "compile/compiler.h"
#include "run/plan.h"

namespace osiris {

DraftTrial try_draft(const std::string& text, const std::string& path, const Project& project,
                     const Registry& registry, Cancellation& cancellation) {
  const CompileResult result = compile(text, path, {}, project.connections(), registry);
  invariant(result.manifest.has_value(), "a draft that is tried compiles");
  const Plan plan = make_plan(*result.manifest, project, registry, cancellation);
  DraftTrial trial{to_json(plan, *result.manifest), Json::array(), {}};
  for (const PlannedStep& step : plan.steps) {
    if (!step.error || step.error->kind() == ErrorKind::kConnection) continue;
    Json problem = error_json(*step.error);
    problem["step"] = step.step->id;
    trial.problems.push_back(problem);
  }
  trial.summary = plan_summary(trial.plan);
  return trial;
}

std::string plan_summary(const Json& plan) {
  std::string text;
  for (const Json& step : plan["steps"]) {
    const std::string name = cat("- ", step["id"].get<std::string>(), ": ");
    const std::string at =
        step.contains("connection") ? cat(" (", step["connection"].get<std::string>(), ")") : "";
    for (const Json& read : step["reads"]) text += cat(name, "reads ", read.get<std::string>(), at, "\n");
    for (const Json& write : step["writes"]) text += cat(name, "writes ", write.get<std::string>(), at, "\n");
    if (step.contains("error"))
      text += cat(name, "could not be tried: ", step["error"]["message"].get<std::string>(), "\n");
  }
  return text;
}

}  // namespace osiris
