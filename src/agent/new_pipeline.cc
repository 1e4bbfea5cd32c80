#include "agent/new_pipeline.h"

#include <filesystem>

#include "agent/step_draft.h"
#include "base/error.h"
#include "base/text.h"
#include "compile/compiler.h"
#include "run/discover.h"

namespace osiris {

namespace {

/// One end of a pipeline, taken apart: a connection and a table, or a kind of file and its path.
struct End {
  std::string connection;  ///< "@family.alias"; empty of a file
  std::string kind;        ///< "csv"; empty of a table, and where it is not said
  std::string place;       ///< table or path
};

[[noreturn]] void refuse_end(const std::string& text) {
  throw Error(ErrorKind::kUser, "agent.no_such_end", cat("neither a table nor a file: '", text, "'"),
              "write @family.alias:table, csv:path, or a path that ends with .csv");
}

End parse_end(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string before = text.substr(0, colon);
  End end;
  end.place = colon == std::string::npos ? text : text.substr(colon + 1);
  if (text.starts_with('@')) end.connection = before;
  if (!text.starts_with('@') && colon != std::string::npos) end.kind = before;
  const bool lacks_table = !end.connection.empty() && colon == std::string::npos;
  if (end.place.empty() || lacks_table) refuse_end(text);
  return end;
}

/// The component of a role that goes to a connection's family, or to files of a kind.
const ComponentSpec& component_of(const End& end, Role role, const std::string& text, const Project& project,
                                  const Registry& registry) {
  const ComponentSpec* spec =
      end.connection.empty()
          ? file_component(role, end.kind, registry)
          : table_component(role, project.connections().find(end.connection).family, registry);
  if (spec == nullptr) refuse_end(text);
  return *spec;
}

Json reading_step(const NewPipeline& wanted, const Project& project, const Registry& registry) {
  const End end = parse_end(wanted.from);
  if (end.connection.empty()) {
    if (!end.kind.empty()) component_of(end, Role::kExtractor, wanted.from, project, registry);
    const Proposal proposal = discover_file(end.place, project, registry);
    return {{"id", "read"}, {"component", proposal.component}, {"config", proposal.config}};
  }
  const ComponentSpec& spec = component_of(end, Role::kExtractor, wanted.from, project, registry);
  return {{"id", "read"},
          {"component", spec.name},
          {"config", {{"connection", end.connection}, {"table", end.place}}}};
}

Json writing_step(const NewPipeline& wanted, const Project& project, const Registry& registry) {
  End end = parse_end(wanted.to);
  const bool is_table = !end.connection.empty();
  if (!is_table && end.kind.empty()) end.kind = file_kind(end.place);
  const ComponentSpec& spec = component_of(end, Role::kWriter, wanted.to, project, registry);
  Json config = Json::object();
  if (is_table) config["connection"] = end.connection;
  config[is_table ? "table" : "path"] = end.place;
  if (!wanted.write_mode.empty()) config["write_mode"] = wanted.write_mode;
  if (!wanted.primary_key.empty()) config["primary_key"] = wanted.primary_key;
  if (wanted.creates_table) config["create_if_missing"] = true;
  return {{"id", "write"}, {"component", spec.name}, {"needs", {"read"}}, {"config", config}};
}

/// What the one validator says against it.
void check(const std::string& text, const std::string& file, const Project& project,
           const Registry& registry) {
  const CompileResult result = compile(text, file, {}, project.connections(), registry);
  for (const Finding& finding : result.diagnostics.sorted()) {
    if (finding.severity == Finding::Severity::kError)
      throw Error(ErrorKind::kUser, finding.code, finding.message, finding.hint);
  }
}

}  // namespace

std::string name_of(const NewPipeline& wanted) {
  const End end = parse_end(wanted.from);
  const std::string whole =
      end.connection.empty() ? std::filesystem::path(end.place).stem().string() : end.place;
  return plain_name(whole);
}

std::string write_new_pipeline(const NewPipeline& wanted, const Project& project, const Registry& registry) {
  const std::string name = name_of(wanted);
  const Json steps =
      Json::array({reading_step(wanted, project, registry), writing_step(wanted, project, registry)});
  const std::string text = print_pipeline(name, Json::object(), steps);
  check(text, cat(name, ".oml"), project, registry);
  return text;
}

}  // namespace osiris
