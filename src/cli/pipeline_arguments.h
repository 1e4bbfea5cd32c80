#pragma once

#include "cli/command.h"
#include "run/pipeline_source.h"

namespace osiris::cli {

/// --profile and --param, which every command that takes OML has.
std::vector<Option> parameter_options();
/// --last-compile and --accept-edited, of commands that take a manifest too.
std::vector<Option> manifest_options();

/// What the command line names. Errors: kUser "cli.usage".
PipelineRequest pipeline_request(const Invocation& invocation);

/// Warnings and notices of a pipeline that can go on, for stderr.
std::string warnings_text(const PipelineSource& source);
/// The answer of a command whose pipeline file has errors.
Answer refusal(const PipelineSource& source);

}  // namespace osiris::cli
