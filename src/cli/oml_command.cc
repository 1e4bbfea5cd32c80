#include "base/text.h"
#include "cli/messages.h"
#include "cli/pipeline_arguments.h"
#include "compile/oml_schema.h"

namespace osiris::cli {

namespace {

/// One file's verdict. A file that cannot be read is a verdict too.
Json validate_file(const Invocation& invocation, const std::string& file, Answer& answer) {
  PipelineRequest request;
  request.shown_file = file;
  request.file = invocation.working_directory() / file;
  PipelineSource source;
  try {
    source = load_pipeline(request, invocation.project(), invocation.registry());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    Diagnostics diagnostics;
    diagnostics.add(error);
    source.findings = diagnostics.sorted();
  }
  const bool is_valid = source.manifest.has_value();
  if (!is_valid) answer.exit_code = 2;
  answer.messages += findings_text(source.findings, source.file_text);
  if (is_valid)
    answer.text += cat(file, ": valid, ", counted(source.manifest->manifest.steps.size(), "step"), "\n");
  Json json{{"file", file}, {"valid", is_valid}};
  json.update(findings_json(source.findings));
  return json;
}

Answer validate(const Invocation& invocation) {
  Answer answer;
  Json files = Json::array();
  for (const std::string& file : invocation.arguments())
    files.push_back(validate_file(invocation, file, answer));
  answer.json = files.size() == 1 ? files.front() : Json{{"valid", answer.exit_code == 0}, {"files", files}};
  return answer;
}

Answer print_schema(const Invocation& invocation) {
  Answer answer;
  answer.json = oml_schema(invocation.registry());
  answer.text = answer.json.dump(2) + "\n";
  return answer;
}

}  // namespace

std::vector<Command> oml_commands() {
  return {{"oml validate",
           "FILE…",
           1,
           1000,
           "Check pipeline files and report every finding at once",
           {{"osiris oml validate pipeline.oml", "says what is wrong, and where"},
            {"osiris oml validate *.oml --json", "for an editor or CI"}},
           {},
           validate},
          {"oml schema",
           "",
           0,
           0,
           "Print the JSON Schema of pipeline files, for editors and language models",
           {{"osiris oml schema > oml.schema.json", "draft 2020-12, with every component's options"}},
           {},
           print_schema}};
}

}  // namespace osiris::cli
