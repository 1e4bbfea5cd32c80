#include "run/doctor.h"

#include "base/clock.h"
#include "base/text.h"

namespace osiris {

namespace {

std::string look_at_table(const ConnectionType& type, const ConnectionConfig& config,
                          const std::string& table, Cancellation& cancellation) {
  if (type.look_at_table) return type.look_at_table(config, table, cancellation);
  throw Error(ErrorKind::kUser, "cli.usage",
              cat("nobody can look at a table of the family '", type.family, "' yet"), "leave --table out");
}

Diagnosis examine(const ConnectionEntry& entry, const Project& project, const Registry& registry,
                  const std::optional<std::string>& table, Cancellation& cancellation) {
  Diagnosis diagnosis;
  diagnosis.reference = entry.reference();
  const std::int64_t begin_us = steady_us();
  try {
    const ResolvedConnection connection = resolve(entry, project.environment(), registry, project.folder());
    const ConnectionType& type = *registry.find_connection_type(entry.family);
    diagnosis.server = type.ping(connection.config, cancellation);
    if (table) diagnosis.table = look_at_table(type, connection.config, *table, cancellation);
  } catch (const Error& error) {
    diagnosis.error = error;
  }
  cancellation.check();
  diagnosis.elapsed_ms = (steady_us() - begin_us) / 1000;
  return diagnosis;
}

}  // namespace

std::vector<Diagnosis> examine_connections(const Project& project, const Registry& registry,
                                           const std::optional<std::string>& reference,
                                           const std::optional<std::string>& table,
                                           Cancellation& cancellation) {
  std::vector<Diagnosis> diagnoses;
  if (reference) {
    diagnoses.push_back(
        examine(project.connections().find(*reference), project, registry, table, cancellation));
    return diagnoses;
  }
  for (const ConnectionEntry& entry : project.connections().entries()) {
    diagnoses.push_back(examine(entry, project, registry, table, cancellation));
  }
  return diagnoses;
}

Json to_json(const Diagnosis& diagnosis) {
  Json json{
      {"connection", diagnosis.reference}, {"ok", !diagnosis.error}, {"elapsed_ms", diagnosis.elapsed_ms}};
  if (!diagnosis.server.empty()) json["server"] = diagnosis.server;
  if (!diagnosis.table.empty()) json["table"] = diagnosis.table;
  if (diagnosis.error) {
    json["error"] = {{"code", diagnosis.error->code()},
                     {"kind", to_string(diagnosis.error->kind())},
                     {"message", diagnosis.error->message()},
                     {"hint", diagnosis.error->hint()}};
  }
  return json;
}

}  // namespace osiris
