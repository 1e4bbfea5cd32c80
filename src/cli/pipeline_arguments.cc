#include "cli/pipeline_arguments.h"

#include "base/text.h"
#include "cli/messages.h"

namespace osiris::cli {

std::vector<Option> parameter_options() {
  return {{"--profile", "NAME", "Take the parameters of this profile", {"-p"}},
          {"--param", "NAME=VALUE", "Set a parameter; may be repeated", {}, true}};
}

std::vector<Option> manifest_options() {
  return {{"--last-compile", "", "The manifest that the last compile made", {}},
          {"--accept-edited", "", "Take a manifest although its text was changed", {}}};
}

PipelineRequest pipeline_request(const Invocation& invocation) {
  PipelineRequest request;
  const bool is_last = invocation.has("--last-compile");
  if (is_last == !invocation.arguments().empty()) {
    throw Error(ErrorKind::kUser, "cli.usage", "name one pipeline or manifest, or --last-compile",
                "osiris run --last-compile");
  }
  if (!is_last) {
    request.shown_file = invocation.arguments().front();
    request.file = invocation.working_directory() / request.shown_file;
  }
  request.profile = invocation.value("--profile");
  request.accept_edited = invocation.has("--accept-edited");
  for (const std::string& param : invocation.values("--param")) {
    const std::size_t equals = param.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::kUser, "cli.usage", cat("--param takes NAME=VALUE, not '", param, "'"));
    }
    request.params.emplace_back(param.substr(0, equals), param.substr(equals + 1));
  }
  return request;
}

std::string warnings_text(const PipelineSource& source) {
  std::string text = findings_text(source.findings, source.file_text);
  for (const std::string& notice : source.notices) text += cat("warning: ", notice, "\n");
  return text;
}

Answer refusal(const PipelineSource& source) {
  Answer answer;
  answer.exit_code = 2;
  answer.messages = findings_text(source.findings, source.file_text);
  answer.json = {{"status", "failed"}};
  answer.json.update(findings_json(source.findings));
  return answer;
}

}  // namespace osiris::cli
