#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "run/doctor.h"

namespace osiris::cli {

namespace {

/// A field as it is written in the file, unless it is a secret written out.
std::string shown_text(const ConnectionEntry::FieldText& field, bool is_secret) {
  return is_secret && variables_in(field.text).empty() && field.text.find("${file:") == std::string::npos
             ? "***"
             : field.text;
}

bool is_secret(const ConnectionEntry& entry, const std::string& name, const Registry& registry) {
  // Of a family that no component knows, nobody can say which fields are secret.
  if (registry.find_connection_type(entry.family) == nullptr) return true;
  const Field* field = registry.connection_spec(entry.family).find(name);
  return field == nullptr || field->is_secret;
}

Answer list_connections(const Invocation& invocation) {
  const Project& project = invocation.project();
  Answer answer;
  Json connections = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const ConnectionEntry& entry : project.connections().entries()) {
    Json fields = Json::object();
    Json variables = Json::object();
    std::vector<std::string> missing;
    for (const auto& field : entry.fields) {
      fields[field.name] = shown_text(field, is_secret(entry, field.name, invocation.registry()));
      for (const std::string& name : variables_in(field.text)) {
        const bool has_default = field.text.find(cat("${", name, ":-")) != std::string::npos;
        const bool is_set = project.environment().find(name) != nullptr;
        variables[name] = is_set;
        if (!is_set && !has_default) missing.push_back(name);
      }
    }
    const bool is_known = invocation.registry().find_connection_type(entry.family) != nullptr;
    std::string state = missing.empty() ? "ready" : cat("not set: ", join(missing, ", "));
    if (!is_known) state = cat("no component connects to '", entry.family, "'");
    rows.push_back({entry.reference(), entry.is_default ? "yes" : "", state});
    connections.push_back({{"connection", entry.reference()},
                           {"family", entry.family},
                           {"alias", entry.alias},
                           {"default", entry.is_default},
                           {"supported", is_known},
                           {"fields", fields},
                           {"variables", variables},
                           {"missing", missing}});
  }
  answer.json = {{"connections", connections}};
  answer.text = rows.empty() ? "no connections; osiris_connections.yaml defines them\n"
                             : table_text({"CONNECTION", "DEFAULT", "STATE"}, rows);
  return answer;
}

Answer doctor(const Invocation& invocation) {
  std::optional<std::string> reference;
  if (!invocation.arguments().empty()) reference = invocation.arguments().front();
  Answer answer;
  answer.json = {{"connections", Json::array()}};
  const auto diagnoses = examine_connections(invocation.project(), invocation.registry(), reference,
                                             invocation.value("--table"));
  for (const Diagnosis& diagnosis : diagnoses) {
    answer.json["connections"].push_back(to_json(diagnosis));
    if (!diagnosis.error) {
      answer.text += cat("ok      ", diagnosis.reference, "  ", diagnosis.server, ", ", diagnosis.elapsed_ms,
                         " ms", diagnosis.table.empty() ? "" : cat("; the table: ", diagnosis.table), "\n");
      continue;
    }
    answer.text += cat("failed  ", diagnosis.reference, "  ", diagnosis.error->message(), "\n");
    if (!diagnosis.error->location().empty())
      answer.text += cat("        at ", diagnosis.error->location().to_string(), "\n");
    if (!diagnosis.error->hint().empty()) answer.text += cat("        hint: ", diagnosis.error->hint(), "\n");
    if (answer.exit_code != 1) answer.exit_code = exit_code_of(*diagnosis.error);
    if (!answer.json.contains("error")) answer.json["error"] = error_json(*diagnosis.error);
  }
  if (diagnoses.empty()) answer.text = "no connections; osiris_connections.yaml defines them\n";
  return answer;
}

}  // namespace

std::vector<Command> connection_commands() {
  return {{"connections list",
           "",
           0,
           0,
           "List the connections, and the variables that they lack",
           {{"osiris connections list", "every alias of osiris_connections.yaml"}},
           {},
           list_connections},
          {"connections doctor",
           "[@family.alias]",
           0,
           1,
           "Open connections and say what is wrong with them",
           {{"osiris connections doctor", "tries all of them"},
            {"osiris connections doctor @family.alias", "tries one"},
            {"osiris connections doctor @family.alias --table orders", "says what it sees of a table, too"}},
           {{"--table", "NAME", "Look at a table as well", {}}},
           doctor}};
}

}  // namespace osiris::cli
