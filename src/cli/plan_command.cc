#include "run/plan.h"

#include "base/text.h"
#include "cli/messages.h"
#include "cli/pipeline_arguments.h"
#include "cli/plan_answer.h"

namespace osiris::cli {

namespace {

/// Where each column of a table load goes; only those whose values may not arrive as they are say why.
std::string moves_text(const std::vector<ColumnMove>& columns) {
  std::vector<std::vector<std::string>> rows;
  for (const ColumnMove& column : columns) {
    rows.push_back({"           " + column.name, column.source_type, column.target_type,
                    std::string(to_string(column.verdict)), column.reason});
  }
  if (rows.empty()) return {};
  return table_text({"   moves   COLUMN", "FROM", "TO", "VERDICT", ""}, rows, {});
}

std::string step_text(const PlannedStep& planned, std::size_t number) {
  const ManifestStep& step = *planned.step;
  std::string text = cat(number, ". ", step.id, "  ", step.component);
  if (!step.connection.empty()) text += cat("  ", step.connection);
  if (!planned.server.empty()) text += cat(" (", planned.server, ")");
  text += "\n";
  for (const auto& input : step.inputs) text += cat("   takes   rows of ", input.step_id, "\n");
  for (const std::string& other : step.after) text += cat("   after   ", other, "\n");
  for (const std::string& read : planned.preview.reads) text += cat("   reads   ", read, "\n");
  for (const std::string& write : planned.preview.writes) text += cat("   writes  ", write, "\n");
  if (planned.preview.schema && !planned.preview.schema->empty()) {
    std::vector<std::string> columns;
    for (const ColumnType& column : *planned.preview.schema)
      columns.push_back(cat(column.name, " ", to_string(column.type)));
    text += cat("   columns ", join(columns, ", "), "\n");
  }
  text += moves_text(planned.preview.columns);
  for (const std::string& note : planned.preview.notes) text += cat("   note    ", note, "\n");
  return text;
}

}  // namespace

Answer plan_answer(const Invocation& invocation) {
  const PipelineSource source =
      load_pipeline(pipeline_request(invocation), invocation.project(), invocation.registry());
  if (!source.manifest) return refusal(source);
  const Manifest& manifest = source.manifest->manifest;
  Cancellation never;
  const Plan plan = make_plan(manifest, invocation.project(), invocation.registry(), never);
  Answer answer;
  answer.messages = warnings_text(source);
  answer.json = to_json(plan, manifest);
  answer.text = cat("plan of ", manifest.name, ", nothing is written\n");
  std::size_t number = 0;
  for (const PlannedStep& planned : plan.steps) {
    answer.text += step_text(planned, ++number);
    if (!planned.error) continue;
    answer.messages += error_text(*planned.error);
    if (answer.exit_code == 0) {
      answer.exit_code = planned.error->kind() == ErrorKind::kUser && planned.server.empty()
                             ? 2
                             : exit_code_of(*planned.error);
      answer.json["error"] = error_json(*planned.error);
    }
  }
  return answer;
}

std::vector<Command> plan_commands() {
  std::vector<Option> options = parameter_options();
  for (const Option& option : manifest_options()) options.push_back(option);
  return {{"plan",
           "FILE|--last-compile",
           0,
           1,
           "Show what a run would read and write, without doing it",
           {{"osiris plan pipeline.oml", "steps, order, columns, files and tables"},
            {"osiris plan --last-compile --json", "the same as one document"}},
           options,
           plan_answer}};
}

}  // namespace osiris::cli
