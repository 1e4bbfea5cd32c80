#include "agent/new_pipeline.h"
#include "base/file_system.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"

namespace osiris::cli {

namespace {

/// A path as it is typed here, as a step of the project names it.
std::string from_here(const Invocation& invocation, const std::string& end) {
  const std::size_t colon = end.find(':');
  if (end.starts_with('@')) return end;
  const std::size_t begin = colon == std::string::npos ? 0 : colon + 1;
  if (begin == end.size()) return end;
  const fs::path path = (invocation.working_directory() / end.substr(begin)).lexically_normal();
  return end.substr(0, begin) + invocation.shown(path);
}

Answer write_new(const Invocation& invocation) {
  NewPipeline wanted;
  wanted.from = from_here(invocation, invocation.arguments()[0]);
  wanted.to = from_here(invocation, invocation.arguments()[1]);
  wanted.write_mode = invocation.value("--mode").value_or("");
  wanted.creates_table = invocation.has("--create");
  if (const auto key = invocation.value("--key")) wanted.primary_key = split(*key, ',');
  const std::string name = invocation.value("--output").value_or(name_of(wanted) + ".oml");
  const fs::path file = invocation.working_directory() / name;
  if (fs::exists(file)) {
    throw Error(ErrorKind::kUser, "file.exists", cat("the file is there already: '", name, "'"),
                "give another one with --output");
  }
  const std::string text = write_new_pipeline(wanted, invocation.project(), invocation.registry());
  make_folders(file.parent_path());
  write_file_atomically(file, text);
  Answer answer;
  answer.text = cat("created  ", name, "\n\nnext:\n  osiris run ", name, "\n");
  answer.json = {{"status", "success"}, {"file", name}, {"oml", text}};
  return answer;
}

}  // namespace

std::vector<Command> new_commands() {
  return {{"new",
           "FROM TO",
           2,
           2,
           "Write a pipeline that moves one table or file",
           {{"osiris new @family.alias:orders csv:output/orders.csv", "a table into a file: orders.oml"},
            {"osiris new in/orders.csv @family.alias:orders", "a file, looked at, into a table"},
            {"osiris new in/orders.csv @family.alias:orders --mode upsert --key id", "rows by their key"}},
           {{"--output", "FILE", "The pipeline's file; without it named after what is read", {}},
            {"--mode", "MODE", "The writer's write_mode", {}},
            {"--key", "COLUMNS", "The writer's primary_key, with commas between", {}},
            {"--create", "", "Make the table that is written where it is not there", {}}},
           write_new}};
}

}  // namespace osiris::cli
