#include "run/discover.h"

#include "base/error.h"
#include "base/text.h"
#include "format/yaml.h"
#include "run/look_context.h"

namespace osiris {

Proposal discover_file(const std::string& path, const Project& project, const Registry& registry) {
  const ManifestStep step;
  Cancellation never;
  LookContext context(step, project, registry, never);
  for (const Proposer& proposer : all_proposers()) {
    if (auto proposal = proposer.propose(path, context)) return *proposal;
  }
  throw Error(ErrorKind::kUser, "file.not_known", cat("no component reads such a file: '", path, "'"));
}

std::string print_proposal(const Proposal& proposal) {
  std::string text;
  if (proposal.sample_bytes > 0) {
    text += cat("# seen: ", proposal.is_whole ? "all of the file, " : "the first ",
                human_bytes(proposal.sample_bytes), ", ", counted(proposal.sample_rows, "row"), "\n");
  }
  for (const std::string& note : proposal.notes) text += cat("# look: ", note, "\n");
  const Json step{{"id", "file"}, {"component", proposal.component}, {"config", proposal.config}};
  text += yaml::print({{"steps", Json::array({step})}});
  return text;
}

Json to_json(const Proposal& proposal) {
  Json columns = Json::array();
  for (const auto& [name, type] : proposal.columns) columns.push_back({{"name", name}, {"type", type}});
  return {{"component", proposal.component},
          {"config", proposal.config},
          {"columns", columns},
          {"sample",
           {{"size_bytes", proposal.sample_bytes},
            {"row_count", proposal.sample_rows},
            {"is_whole", proposal.is_whole}}},
          {"notes", proposal.notes}};
}

}  // namespace osiris
