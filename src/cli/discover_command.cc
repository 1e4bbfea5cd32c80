#include "run/discover.h"

#include "cli/command.h"

namespace osiris::cli {

namespace {

Answer discover(const Invocation& invocation) {
  // A pattern or a path from here, as a step of the project would name it.
  const std::string path =
      invocation.shown((invocation.working_directory() / invocation.arguments().front()).lexically_normal());
  const Proposal proposal = discover_file(path, invocation.project(), invocation.registry());
  Answer answer;
  answer.text = print_proposal(proposal);
  Json columns = Json::array();
  for (const auto& [name, type] : proposal.columns) columns.push_back({{"name", name}, {"type", type}});
  answer.json = {{"component", proposal.component},
                 {"config", proposal.config},
                 {"columns", columns},
                 {"sample",
                  {{"size_bytes", proposal.sample_bytes},
                   {"row_count", proposal.sample_rows},
                   {"is_whole", proposal.is_whole}}},
                 {"notes", proposal.notes}};
  return answer;
}

}  // namespace

std::vector<Command> discover_commands() {
  return {{"discover",
           "FILE",
           1,
           1,
           "Propose the step that would read a file exactly",
           {{"osiris discover in/orders.csv", "delimiter, encoding, header and types, as a pipeline"},
            {"osiris discover in/events.jsonl.gz --json", "the same as one document"}},
           {},
           discover}};
}

}  // namespace osiris::cli
