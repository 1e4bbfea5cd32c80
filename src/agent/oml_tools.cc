#include <algorithm>

#include "agent/draft_trial.h"
#include "agent/project_file.h"
#include "agent/text_diff.h"
#include "agent/tool.h"
#include "agent/tool_schema.h"
#include "base/error.h"
#include "base/error_json.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/text.h"
#include "compile/oml_schema.h"
#include "component/description.h"
#include "run/pipeline_source.h"
#include "run/plan.h"

namespace osiris {

namespace {

constexpr std::size_t kMostOmlCharacters = 200'000;

PipelineRequest request_of(const Json& arguments, const Project& project) {
  PipelineRequest request;
  request.shown_file = arguments["path"].get<std::string>();
  request.file = project_file(request.shown_file, project);
  request.profile = optional_text(arguments, "profile");
  const Json params = arguments.value("params", Json::object());
  for (const auto& [name, value] : params.items())
    request.params.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  return request;
}

Json verdict(bool is_valid, const std::vector<Finding>& findings) {
  Json json{{"valid", is_valid}};
  json.update(findings_json(findings));
  return json;
}

/// What the validator says of a text that is no file yet.
Json validate_text(const std::string& text, const std::string& name, ToolContext& context) {
  Diagnostics diagnostics;
  try {
    const CompileResult result = compile(text, name, {}, context.project.connections(), context.registry);
    return verdict(result.manifest.has_value(), result.diagnostics.sorted());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    diagnostics.add(error);
  }
  return verdict(false, diagnostics.sorted());
}

Json schema_tool(const Json& arguments, ToolContext& context) {
  const Json schema = oml_schema(context.registry);
  const auto name = optional_text(arguments, "component");
  if (!name) return {{"schema", schema}};
  return {{"schema", schema["$defs"][find_component(context.registry, *name).spec.name]}};
}

Json validate_tool(const Json& arguments, ToolContext& context) {
  const auto text = optional_text(arguments, "text");
  if (text.has_value() == arguments.contains("path")) {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments",
                "arguments of oml_validate: give 'path' or 'text'", "a file has a path, a draft a text");
  }
  if (text) return validate_text(*text, "draft.oml", context);
  const std::string path = arguments["path"];
  return validate_text(read_file(project_file(path, context.project)), path, context);
}

/// The text after the edits. Errors: kUser "agent.edit_not_found".
std::string edited(std::string text, const Json& edits) {
  for (const Json& edit : edits) {
    const std::string old_text = edit["old"], new_text = edit["new"];
    const std::size_t at = text.find(old_text);
    const bool is_twice = at != std::string::npos && text.find(old_text, at + 1) != std::string::npos;
    if (at == std::string::npos || is_twice) {
      throw Error(ErrorKind::kUser, "agent.edit_not_found",
                  cat("an edit's old text is in the file ", is_twice ? "more than once: '" : "nowhere: '",
                      shortened(old_text, 80), "'"),
                  "give a text that is there exactly once, with the lines around it");
    }
    text.replace(at, old_text.size(), new_text);
  }
  return text;
}

/// Nothing that looks like a secret gets into a file, whatever a person says yes to.
void refuse_secret_draft(const Json& verdict) {
  for (const Json& finding : verdict["errors"]) {
    if (finding["code"] != "oml.inline_secret") continue;
    throw Error(ErrorKind::kUser, "oml.inline_secret", finding["message"].get<std::string>(),
                finding.value("hint", ""));
  }
}

Json draft_tool(const Json& arguments, ToolContext& context) {
  const std::string path = arguments["path"];
  const fs::path file = project_file(path, context.project);
  if (file.extension() != ".oml") {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments",
                cat("arguments of oml_draft: 'path' must end with .oml: '", path, "'"),
                "drafts are pipelines");
  }
  if (arguments.contains("text") == arguments.contains("edits")) {
    throw Error(ErrorKind::kUser, "agent.invalid_arguments", "arguments of oml_draft: give 'text' or 'edits'",
                "a whole text, or changes of what is there");
  }
  const std::string before = read_file_if_exists(file).value_or("");
  const bool is_on_desk = context.desk != nullptr && context.desk->draft && context.desk->draft->path == path;
  const std::string after = arguments.contains("text")
                                ? arguments["text"].get<std::string>()
                                : edited(is_on_desk ? context.desk->draft->text : before, arguments["edits"]);
  Json answer = validate_text(after, path, context);
  refuse_secret_draft(answer);
  const std::string diff = unified_diff(path, before, after);
  answer["path"] = path;
  answer["diff"] = diff;
  answer["written"] = false;
  std::string shown = diff;
  if (context.desk != nullptr) {
    if (answer["valid"] == false) return answer;
    const DraftTrial trial = try_draft(after, path, context.project, context.registry, context.cancellation);
    answer["plan"] = trial.plan;
    answer["valid"] = trial.problems.empty();
    for (const Json& problem : trial.problems) answer["errors"].push_back(problem);
    if (!trial.problems.empty()) return answer;
    context.desk->draft = {path, after};
    shown = cat(before.empty() ? after : diff, "\n", trial.summary);
  }
  if (diff.empty()) return answer;
  const Question question{Question::Act::kWrite, cat("Write ", path, "?\n\n", shown),
                          fingerprint(cat(path, "\n", before, "\n", after))};
  if (!context.consent.ask(question)) return answer;
  make_folders(file.parent_path());
  write_file_atomically(file, after);
  answer["written"] = true;
  return answer;
}

Json compile_tool(const Json& arguments, ToolContext& context) {
  const CompileReport report = compile_pipeline(request_of(arguments, context.project), std::nullopt,
                                                context.project, context.registry);
  if (!report.source.manifest) {
    Json json = verdict(false, report.source.findings);
    json["status"] = "failed";
    return json;
  }
  const fs::path manifest = report.manifest_path.lexically_relative(context.project.folder());
  Json json = verdict(true, report.source.findings);
  json.update(to_json(report, manifest.string()));
  return json;
}

Json plan_tool(const Json& arguments, ToolContext& context) {
  const PipelineSource source =
      load_pipeline(request_of(arguments, context.project), context.project, context.registry);
  if (!source.manifest) return verdict(false, source.findings);
  const Manifest& manifest = source.manifest->manifest;
  const Plan plan = make_plan(manifest, context.project, context.registry, context.cancellation);
  Json json = verdict(true, source.findings);
  json["fingerprint"] = manifest_fingerprint(source.manifest->text);
  json.update(to_json(plan, manifest));
  const auto failed =
      std::ranges::find_if(plan.steps, [](const PlannedStep& step) { return step.error.has_value(); });
  if (failed != plan.steps.end()) json["error"] = error_json(*failed->error);
  return json;
}

}  // namespace

std::vector<Tool> oml_tools() {
  using Effect = Tool::Effect;
  const Json path = text_schema("A pipeline's file, relative to the project: pipeline.oml");
  const Json params{{"type", "object"},
                    {"additionalProperties", {{"type", {"string", "number", "boolean"}}}},
                    {"description", "Values of the pipeline's parameters"}};
  const Json edit = object_schema({{"old", text_schema("What is there exactly once", kMostOmlCharacters)},
                                   {"new", {{"type", "string"}, {"maxLength", kMostOmlCharacters}}}},
                                  {"old", "new"});
  const Json verdict_schema = open_object_schema(
      {{"valid", {{"type", "boolean"}}}, {"errors", object_list()}, {"warnings", object_list()}},
      {"valid", "errors", "warnings"});
  return {
      {"oml_schema", "Schema of OML",
       "JSON Schema of a pipeline file; with a component's name only of its config.", Effect::kLooks,
       object_schema({{"component", text_schema("As components_list has it")}}),
       object_schema({{"schema", {{"type", "object"}}}}, {"schema"}), schema_tool},
      {"oml_validate", "Check a pipeline",
       "Reports every error and warning of a pipeline at once, with its place.", Effect::kLooks,
       object_schema({{"path", path}, {"text", text_schema("OML", kMostOmlCharacters)}}), verdict_schema,
       validate_tool},
      {"oml_draft", "Write a pipeline",
       "Writes a pipeline's file, or changes it, after the person has seen the difference and said yes. "
       "Returns the "
       "difference and what the validator says.",
       Effect::kWrites,
       object_schema({{"path", path},
                      {"text", text_schema("The whole file", kMostOmlCharacters)},
                      {"edits", {{"type", "array"}, {"maxItems", 100}, {"items", edit}}}},
                     {"path"}),
       verdict_schema, draft_tool},
      {"compile", "Compile a pipeline",
       "Checks a pipeline and writes the manifest that run takes into the logs. Returns its path and "
       "fingerprint.",
       Effect::kKeeps,
       object_schema(
           {{"path", path}, {"params", params}, {"profile", text_schema("A profile of the pipeline")}},
           {"path"}),
       verdict_schema, compile_tool},
      {"plan", "Plan a run",
       "Says what a run of a pipeline or a manifest would read and write, without doing it. Connections are "
       "opened "
       "read-only.",
       Effect::kLooks,
       object_schema({{"path", text_schema("A pipeline's file or a manifest, relative to the project")},
                      {"params", params},
                      {"profile", text_schema("A profile of the pipeline")}},
                     {"path"}),
       open_object_schema({{"valid", {{"type", "boolean"}}}}, {"valid"}), plan_tool},
  };
}

}  // namespace osiris
