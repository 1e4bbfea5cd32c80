#include "base/file_system.h"
#include "base/text.h"
#include "cli/messages.h"
#include "cli/pipeline_arguments.h"

namespace osiris::cli {

namespace {

Answer compile_file(const Invocation& invocation) {
  std::optional<fs::path> copy_to;
  if (const auto folder = invocation.value("--out")) copy_to = invocation.working_directory() / *folder;
  const CompileReport report =
      compile_pipeline(pipeline_request(invocation), copy_to, invocation.project(), invocation.registry());
  if (!report.source.manifest) return refusal(report.source);
  const std::string path = invocation.shown(report.manifest_path);
  Answer answer;
  answer.messages = warnings_text(report.source);
  answer.text = cat(report.is_unchanged ? "unchanged " : "compiled ", report.source.name, ", ",
                    counted(report.source.manifest->manifest.steps.size(), "step"), ", ",
                    report.fingerprint.substr(0, 19), "\n", path, "\n");
  answer.json = to_json(report, path);
  return answer;
}

}  // namespace

std::vector<Command> compile_commands() {
  std::vector<Option> options = parameter_options();
  options.push_back({"--out", "DIR", "Also put a copy of the manifest there", {}});
  return {{"compile",
           "FILE",
           1,
           1,
           "Check a pipeline and write the manifest that run takes",
           {{"osiris compile pipeline.oml", "writes logs/<session>/compile_<ms>/manifest.yaml"},
            {"osiris compile pipeline.oml --param limit=10", "with another value of a parameter"}},
           options,
           compile_file}};
}

}  // namespace osiris::cli
