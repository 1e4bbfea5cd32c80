#include "base/text.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "run/connection_list.h"
#include "run/doctor.h"

namespace osiris::cli {

namespace {

Answer list(const Invocation& invocation) {
  Answer answer;
  answer.json = {{"connections", Json::array()}};
  std::vector<std::vector<std::string>> rows;
  for (const ListedConnection& each : list_connections(invocation.project(), invocation.registry())) {
    std::string state = each.missing.empty() ? "ready" : cat("not set: ", join(each.missing, ", "));
    if (!each.is_supported) state = cat("no component connects to '", each.family, "'");
    rows.push_back({each.reference, each.is_default ? "yes" : "", state});
    answer.json["connections"].push_back(to_json(each));
  }
  answer.text = rows.empty() ? "no connections; osiris_connections.yaml defines them\n"
                             : table_text({"CONNECTION", "DEFAULT", "STATE"}, rows);
  return answer;
}

Answer doctor(const Invocation& invocation) {
  std::optional<std::string> reference;
  if (!invocation.arguments().empty()) reference = invocation.arguments().front();
  Answer answer;
  answer.json = {{"connections", Json::array()}};
  Cancellation never;
  const auto diagnoses = examine_connections(invocation.project(), invocation.registry(), reference,
                                             invocation.value("--table"), never);
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
           list},
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
