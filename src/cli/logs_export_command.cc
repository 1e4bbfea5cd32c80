#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/session_argument.h"
#include "report/exports.h"

namespace osiris::cli {

namespace {

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const ExportFormat& format : export_formats()) names.emplace_back(format.name);
  return names;
}

const ExportFormat& wanted_format(const Invocation& invocation) {
  const auto name = invocation.value("--format");
  if (!name) {
    throw Error(ErrorKind::kUser, "cli.usage", "say which format",
                cat("--format ", join(format_names(), ", ")));
  }
  const auto found = std::ranges::find(export_formats(), std::string_view(*name), &ExportFormat::name);
  if (found == export_formats().end())
    throw Error(ErrorKind::kUser, "cli.usage", cat("no such format: '", *name, "'"),
                suggestion(*name, format_names()));
  return *found;
}

Answer export_run(const Invocation& invocation) {
  const ExportFormat& format = wanted_format(invocation);
  const fs::path session = named_or_newest_session(invocation);
  std::string text = format.print(read_story(session, {}, invocation.project().folder()));
  const std::string output = invocation.value("--output").value_or("-");
  Answer answer;
  answer.json = {{"session", session.filename().string()}, {"format", format.name}};
  if (output == "-") {
    answer.json["content"] = text;
    answer.text = std::move(text);
    return answer;
  }
  const fs::path path = invocation.working_directory() / output;
  make_folders(path.parent_path());
  write_file_atomically(path, text);
  answer.json["output"] = path.string();
  answer.json["size_bytes"] = text.size();
  answer.text = cat(invocation.shown(path), "  ", human_bytes(text.size()), "\n");
  return answer;
}

}  // namespace

std::vector<Command> log_export_commands() {
  return {
      {"logs export",
       "--format FORMAT [ID]",
       0,
       1,
       "Write a run in a format that other tools read",
       {{"osiris logs export --format chrome-trace --output trace.json", "for Perfetto, or chrome://tracing"},
        {"osiris logs export --format junit --output junit.xml", "a test case for each step, for CI servers"},
        {"osiris logs export --format otlp-json", "a trace for OpenTelemetry collectors"},
        {"osiris logs export --format openlineage --session run_12345",
         "lineage events, a JSON document a line"}},
       {{"--format", "FORMAT", join(format_names(), ", "), {}},
        session_option("The session; the newest run unless told otherwise"),
        {"--output", "FILE", "Where it goes; - or nothing: stdout", {}}},
       export_run}};
}

}  // namespace osiris::cli
