#include "base/text.h"
#include "cli/messages.h"
#include "cli/pipeline_arguments.h"
#include "compile/incremental.h"
#include "run/marks.h"

namespace osiris::cli {

namespace {

Json mark_json(const KeptMark& kept) {
  Json json{{"step", kept.step}, {"cursor_column", kept.cursor_column}, {"kept_in", kept.place}};
  json["mark"] = kept.mark ? Json{{"cursor", kept.mark->cursor}, {"keys", kept.mark->keys}} : Json();
  return json;
}

/// The pipeline that the command line names; without one, that of the last compile.
PipelineSource named_pipeline(const Invocation& invocation, std::size_t argument) {
  PipelineRequest request;
  request.profile = invocation.value("--profile");
  if (invocation.arguments().size() > argument) {
    request.shown_file = invocation.arguments()[argument];
    request.file = invocation.working_directory() / request.shown_file;
  }
  return load_pipeline(request, invocation.project(), invocation.registry());
}

std::vector<const ManifestStep*> incremental_steps(const Manifest& manifest) {
  std::vector<const ManifestStep*> steps;
  for (const ManifestStep& step : manifest.steps) {
    if (is_incremental(step)) steps.push_back(&step);
  }
  return steps;
}

const ManifestStep& incremental_step(const Manifest& manifest, const std::string& id) {
  std::vector<std::string> names;
  for (const ManifestStep* step : incremental_steps(manifest)) {
    if (step->id == id) return *step;
    names.push_back(step->id);
  }
  throw Error(ErrorKind::kUser, "state.unknown_step",
              cat("the pipeline '", manifest.name, "' has no incremental step '", id, "'"),
              names.empty() ? "none of its steps is incremental" : cat("it has: ", join(names, ", ")));
}

Answer list_marks(const Invocation& invocation) {
  const PipelineSource source = named_pipeline(invocation, 0);
  if (!source.manifest) return refusal(source);
  const Manifest& manifest = source.manifest->manifest;
  std::vector<std::vector<std::string>> rows;
  Answer answer;
  answer.json = {{"pipeline", manifest.name}, {"marks", Json::array()}};
  Cancellation never;
  for (const ManifestStep* step : incremental_steps(manifest)) {
    const KeptMark kept = find_mark(manifest, *step, invocation.project(), invocation.registry(), never);
    rows.push_back({kept.step, kept.cursor_column, kept.mark ? kept.mark->cursor : "none", kept.place});
    answer.json["marks"].push_back(mark_json(kept));
  }
  answer.text = rows.empty() ? cat("no step of ", manifest.name, " reads incrementally\n")
                             : table_text({"STEP", "CURSOR", "MARK", "KEPT IN"}, rows, {});
  return answer;
}

Answer show_state(const Invocation& invocation) {
  const PipelineSource source = named_pipeline(invocation, 1);
  if (!source.manifest) return refusal(source);
  const ManifestStep& step = incremental_step(source.manifest->manifest, invocation.arguments()[0]);
  Cancellation never;
  const KeptMark kept =
      find_mark(source.manifest->manifest, step, invocation.project(), invocation.registry(), never);
  Answer answer;
  answer.json = mark_json(kept);
  answer.text =
      cat("step     ", kept.step, "\ncursor   ", kept.cursor_column, "\nkept in  ", kept.place, "\n");
  if (!kept.mark) {
    answer.text += "mark     none: the next run reads all rows\n";
    return answer;
  }
  answer.text += cat("mark     ", kept.mark->cursor, "\nkeys     ", counted(kept.mark->keys.size(), "row"),
                     " at that value: ", join(kept.mark->keys, ", "), "\n");
  return answer;
}

Answer reset(const Invocation& invocation) {
  const PipelineSource source = named_pipeline(invocation, 1);
  if (!source.manifest) return refusal(source);
  const ManifestStep& step = incremental_step(source.manifest->manifest, invocation.arguments()[0]);
  Cancellation never;
  forget_mark(source.manifest->manifest, step, invocation.project(), invocation.registry(), never);
  Answer answer;
  answer.json = {{"step", step.id}, {"status", "reset"}};
  answer.text = cat("the next run of ", step.id, " reads all rows\n");
  return answer;
}

}  // namespace

std::vector<Command> state_commands() {
  const std::vector<Option> options{{"--profile", "NAME", "Take the parameters of this profile", {"-p"}}};
  return {{"state list",
           "[FILE]",
           0,
           1,
           "List how far the incremental steps of a pipeline have come",
           {{"osiris state list", "of the pipeline that was compiled last"},
            {"osiris state list orders.oml --json", "as JSON"}},
           options,
           list_marks},
          {"state show",
           "STEP [FILE]",
           1,
           2,
           "Show the mark of an incremental step",
           {{"osiris state show read_orders", "of the pipeline that was compiled last"}},
           options,
           show_state},
          {"state reset",
           "STEP [FILE]",
           1,
           2,
           "Forget the mark of an incremental step: its next run reads all rows",
           {{"osiris state reset read_orders orders.oml", "of this pipeline"}},
           options,
           reset}};
}

}  // namespace osiris::cli
